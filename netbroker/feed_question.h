/*
 * The keys of a feed that make it a question: "argument" (feed_argument.c), and "method", "headers"
 * and "body" of the request that it becomes (feed_request.c). Each reader returns false, with a
 * fault, if its key is not as sparkler-feeds(5) says. The feed owns what they leave in it, even
 * then.
 */
#ifndef SPARKLER_FEED_QUESTION_H
#define SPARKLER_FEED_QUESTION_H

#include "definition.h"
#include "feeds.h"

bool question_read_argument(const struct definition *definition, struct json_object *value,
                            struct argument **argument);
bool question_read_method(const struct definition *definition, struct json_object *value,
                          bool *is_post);
bool question_read_headers(const struct definition *definition, struct json_object *value,
                           char ***headers);
bool question_read_body(const struct definition *definition, struct json_object *value,
                        char **body);

/* Check what one of these keys alone cannot show. The first sets the argument's place, and is
 * called by the second. */
bool question_check_argument(const struct definition *definition, struct feed *feed);
bool question_check(const struct definition *definition, struct feed *feed);

/* Frees what the readers left in the feed. */
void question_free(struct feed *feed);

#endif
