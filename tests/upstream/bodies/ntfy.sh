{"id":"sPs71M8A2T","time":1643935928,"expires":1643979128,"event":"message","topic":"sparkler-example","title":"The guest","message":"is done"}
