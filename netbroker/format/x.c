/*
 * X, API v2 (https://docs.x.com/x-api): the latest post of a user. The lookup turns the user's name
 * into an id.
 */
#include "formats.h"

static bool lookup_user(const struct body *body, struct lookup *lookup)
{
    BODY_AUTO struct json_object *json = body_json(body);

    return json && body_id(body, body_member(json, "data", json_type_object), lookup);
}

static bool latest_post(const struct body *body, struct text *text)
{
    BODY_AUTO struct json_object *json = body_json(body);

    if (!json)
        return false;
    struct json_object *posts = body_member(json, "data", json_type_array);
    if (!posts || json_object_array_length(posts) == 0)
        return body_refuse(body, "the answer holds no post");

    struct json_object *words =
        body_need(body, body_element(posts, 0, json_type_object), "text", json_type_string);
    if (!words)
        return false;
    /* X escapes '&', '<' and '>' as HTML does, but sends no tags. */
    text_append_html(text, json_object_get_string(words),
                     (size_t)json_object_get_string_len(words));
    return true;
}

const struct format format_x = {
    .name = "x",
    .lookup = lookup_user,
    .text = latest_post,
};
