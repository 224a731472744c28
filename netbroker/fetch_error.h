/* Why a fetch failed, in words for the user of the guest. */
#ifndef SPARKLER_FETCH_ERROR_H
#define SPARKLER_FETCH_ERROR_H

#include "feeds.h"
#include "text.h"

#include <curl/curl.h>
#include <stdint.h>

/* Appends to `reason` why the feed's transfer ended with `code`, anything but CURLE_OK. */
void fetch_explain_failure(CURL *easy, CURLcode code, const struct feed *feed, struct text *reason);

/* Appends to `reason` what a status other than 200 means. `wait_ms`: as in struct response. */
void fetch_explain_status(long status, int64_t wait_ms, struct text *reason);

#endif
