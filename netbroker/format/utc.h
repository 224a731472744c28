/* Times in UTC. */
#ifndef SPARKLER_UTC_H
#define SPARKLER_UTC_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds since 1970 of "2024-02-21T16:00:00Z". False for any other form. */
bool utc_parse(const char *string, int64_t *seconds);

#endif
