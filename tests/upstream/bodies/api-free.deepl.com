{"translations":[{"detected_source_language":"EN","text":"Hallo, Welt!"}]}
