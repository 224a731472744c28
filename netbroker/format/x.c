/* X, API v2 (https://docs.x.com/x-api): the latest post of a user, looked up by name first. */
#include "reply.h"

static bool lookup_user(const struct reply *reply, struct lookup *lookup)
{
    REPLY_AUTO struct json_object *json = reply_json(reply);

    return json != NULL && reply_id(reply, reply_member(json, "data", json_type_object), lookup);
}

static bool latest_post(const struct reply *reply, struct text *text)
{
    REPLY_AUTO struct json_object *json = reply_json(reply);

    if (json == NULL)
        return false;
    struct json_object *posts = reply_member(json, "data", json_type_array);
    if (posts == NULL || json_object_array_length(posts) == 0)
        return reply_refuse(reply, "the answer holds no post");

    struct json_object *words =
        reply_need(reply, reply_element(posts, 0, json_type_object), "text", json_type_string);
    if (words == NULL)
        return false;
    /* X escapes '&', '<' and '>' as HTML does; of tags it sends none. */
    text_append_html(text, json_object_get_string(words),
                     (size_t)json_object_get_string_len(words));
    return true;
}

const struct format format_x = {
    .name = "x",
    .lookup = lookup_user,
    .text = latest_post,
};
