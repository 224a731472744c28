/*
 * Mastodon (https://docs.joinmastodon.org/methods/accounts/): the latest status of an account. The
 * lookup turns the account's name into its id. A status is HTML.
 */
#include "formats.h"

static bool lookup_account(const struct body *body, struct lookup *lookup)
{
    BODY_AUTO struct json_object *json = body_json(body);

    return json && body_id(body, json, lookup);
}

static void append_html(struct text *text, struct json_object *html)
{
    text_append_html(text, json_object_get_string(html), (size_t)json_object_get_string_len(html));
}

static bool latest_status(const struct body *body, struct text *text)
{
    BODY_AUTO struct json_object *json = body_json(body);

    if (!json)
        return false;
    if (!json_object_is_type(json, json_type_array))
        return body_refuse(body, "the answer is not a list of statuses");
    if (json_object_array_length(json) == 0)
        return body_refuse(body, "the account has no status");

    struct json_object *status = body_element(json, 0, json_type_object);
    struct json_object *content = body_need(body, status, "content", json_type_string);
    if (!content)
        return false;

    struct json_object *warning = body_member(status, "spoiler_text", json_type_string);
    if (warning && json_object_get_string_len(warning) > 0) {
        body_append(text, warning);
        text_printf(text, "\n");
    }
    append_html(text, content);
    return true;
}

const struct format format_mastodon = {
    .name = "mastodon",
    .lookup = lookup_account,
    .text = latest_status,
};
