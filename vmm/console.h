/*
 * The console: bytes to FD_CONSOLE_OUT, keys from FD_CONSOLE_IN, nothing buffered in between. The
 * terminal's own line discipline echoes the keys.
 */
#ifndef SPARKLER_VMM_CONSOLE_H
#define SPARKLER_VMM_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Makes both descriptors block. Ends the program with status 1 when it cannot. */
void console_open(void);

/* Writes all of it. False, with a line on the log, when nobody reads the console any more. */
bool console_write(const uint8_t *bytes, size_t count);

/* Waits for `count` keys. False, with a line on the log, when no more will come. */
bool console_read(uint8_t *keys, size_t count);

#endif
