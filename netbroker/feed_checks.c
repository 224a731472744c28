/* Checks of the strings in a feeds file: see feed_checks.h. */
#include "feed_checks.h"

#include "feeds.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define UPPER   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER   "abcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"
#define LETTERS UPPER LOWER DIGITS

#define WORDS_MAX  80
#define URL_MAX    1024
#define HEADER_MAX 256

const char *check_words(const char *value)
{
    size_t length = strlen(value);

    if (!text_is_visible(value))
        return "text without control or invisible characters";
    return length >= 1 && length <= WORDS_MAX ? NULL : "1 to 80 characters";
}

const char *check_file(const char *value)
{
    const char *part = value;

    for (const char *c = value; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            return "printable ASCII";
    if (strlen(value) > WORDS_MAX)
        return "1 to 80 characters";
    for (;;) {
        size_t length = strcspn(part, "/");

        if (length == 0 || (*part == '.' && (length == 1 || (length == 2 && part[1] == '.'))))
            return "names between '/', none of them \".\" or \"..\"";
        if (part[length] == '\0')
            return NULL;
        part += length + 1;
    }
}

/* True for ":443" and for nothing. */
static bool is_tcp_port_suffix(const char *suffix, size_t length)
{
    if (length == 0)
        return true;
    if (suffix[0] != ':' || length < 2 || length > 6 || strspn(suffix + 1, DIGITS) != length - 1)
        return false;
    long port = strtol(suffix + 1, NULL, 10);
    return port >= 1 && port <= 65535;
}

/* True if a url may end so behind its host. "{id}" and "{argument}" count as letters. */
static bool is_path(const char *path)
{
    for (const char *c = path; *c != '\0'; c++) {
        if (strncmp(c, "{id}", 4) == 0)
            c += 3;
        else if (strncmp(c, ARGUMENT_MARK, strlen(ARGUMENT_MARK)) == 0)
            c += strlen(ARGUMENT_MARK) - 1;
        else if (!strchr(LETTERS "-._~:/?[]@!$&'()*+,;=%", *c))
            return false;
    }
    return path[0] == '/';
}

const char *check_url(const char *value)
{
    static const char expected[] = "https://HOST[:PORT]/PATH, without user name, space or '#'";
    static const char scheme[] = "https://";

    if (strncmp(value, scheme, sizeof(scheme) - 1) != 0 || strlen(value) > URL_MAX)
        return expected;

    const char *host = value + sizeof(scheme) - 1;
    size_t host_length = strspn(host, LETTERS ".-");
    const char *port = host + host_length;
    size_t port_length = strcspn(port, "/");

    if (host_length == 0 || host_length > 253 || strchr(".-", host[0]) ||
        !is_tcp_port_suffix(port, port_length) || !is_path(port + port_length))
        return expected;
    return NULL;
}

const char *check_lookup_url(const char *value)
{
    return strstr(value, "{id}") ? "a URL without \"{id}\"" : check_url(value);
}

const char *check_credential(const char *value)
{
    size_t length = strlen(value);

    return length >= 1 && length <= 32 && strspn(value, LOWER DIGITS "-_") == length
               ? NULL
               : "1 to 32 of a-z, 0-9, '-' and '_'";
}

const char *check_header(const char *value)
{
    size_t name = strspn(value, LETTERS "-");

    return name >= 1 && strncmp(value + name, ": ", 2) == 0 && !check_words(value)
               ? NULL
               : "\"Name: \" and what precedes the credential";
}

/* Those that say where a request ends, how it is sent, or under which conditions. */
static const char *const own_headers[] = {
    "Accept-Encoding",
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Expect",
    "Host",
    "If-Modified-Since",
    "If-None-Match",
    "Keep-Alive",
    "Range",
    "TE",
    "Trailer",
    "Upgrade",
    "Via",
    "Transfer-Encoding",
    "Proxy-Authorization",
};

const char *check_header_name(const char *value)
{
    const size_t length = strlen(value);

    for (size_t i = 0; i < sizeof(own_headers) / sizeof(own_headers[0]); i++)
        if (strcasecmp(value, own_headers[i]) == 0)
            return "none of the headers that the broker sets or never sends";
    return length >= 1 && length <= WORDS_MAX && strspn(value, LETTERS "-") == length
               ? NULL
               : "the name of a header: 1 to 80 letters, digits and '-'";
}

const char *check_header_value(const char *value)
{
    for (const char *c = value; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            return "printable ASCII";
    return strlen(value) <= HEADER_MAX && *value != '\0' && *value != ' '
               ? NULL
               : "1 to 256 characters, the first one no space";
}

const char *check_pinned_key(const char *value)
{
    static const char scheme[] = "sha256//";
    const char *base64 = value + sizeof(scheme) - 1;

    return strncmp(value, scheme, sizeof(scheme) - 1) == 0 && strspn(base64, LETTERS "+/") == 43 &&
                   strcmp(base64 + 43, "=") == 0
               ? NULL
               : "sha256// and the BASE64 of 32 bytes";
}

const char *check_template(const char *value)
{
    for (const char *open = strstr(value, "{/"); open; open = strstr(open + 1, "{/")) {
        if (!strchr(open, '}'))
            return "each \"{/\" to be closed by '}'";
    }
    return *value == '\0' ? "a text" : NULL;
}
