/* Why a fetch failed, in words for whoever sits before the guest. */
#ifndef SPARKLER_FETCH_ERROR_H
#define SPARKLER_FETCH_ERROR_H

#include "feeds.h"
#include "text.h"

#include <curl/curl.h>
#include <stdint.h>

/* Appends to `reason` why the transfer `easy` of `feed` ended with `code`, which is not CURLE_OK.
 */
void fetch_explain_failure(CURL *easy, CURLcode code, const struct feed *feed, struct text *reason);

/* Appends to `reason` what an HTTP status other than 200 means; `wait_ms` as in struct response. */
void fetch_explain_status(long status, int64_t wait_ms, struct text *reason);

#endif
