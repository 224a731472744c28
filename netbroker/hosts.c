/* The servers that the feeds name, taken from their urls by libcurl, which later uses these urls.
 */
#include "hosts.h"

#include <ctype.h>
#include <curl/curl.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

static bool host_of_url(const char *url, struct host *host)
{
    CURLU *parts = curl_url();
    char *name = NULL, *tcp_port = NULL;
    bool good = false;

    *host = (struct host){0};
    if (parts && curl_url_set(parts, CURLUPART_URL, url, CURLU_DISALLOW_USER) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &name, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_PORT, &tcp_port, CURLU_DEFAULT_PORT) == CURLUE_OK) {
        size_t length = strlen(name);
        bool bracketed = name[0] == '[' && name[length - 1] == ']';
        const char *bare = bracketed ? name + 1 : name;

        length -= bracketed ? 2 : 0;
        good = length > 0 && length < sizeof(host->name);
        if (good) {
            for (size_t i = 0; i < length; i++)
                host->name[i] = (char)tolower((unsigned char)bare[i]);
        }
        host->tcp_port = (uint16_t)strtoul(tcp_port, NULL, 10);
    }
    curl_free(tcp_port);
    curl_free(name);
    curl_url_cleanup(parts);
    return good;
}

static const struct host *find(const struct hosts *hosts, const struct host *wanted)
{
    for (size_t i = 0; i < hosts->count; i++)
        if (hosts->host[i].tcp_port == wanted->tcp_port &&
            strcmp(hosts->host[i].name, wanted->name) == 0)
            return &hosts->host[i];
    return NULL;
}

static void add(struct hosts *hosts, const struct feed *feed, const char *url)
{
    struct host host;

    if (!host_of_url(url, &host))
        errx(1, "feed '%s': the url '%s' names no server", feed->name, url);
    if (!find(hosts, &host))
        hosts->host[hosts->count++] = host;
}

struct hosts hosts_of_feeds(const struct feeds *feeds)
{
    struct hosts hosts = {.host = calloc(2 * feeds->count + 1, sizeof(*hosts.host))};

    if (!hosts.host)
        err(1, "cannot list the servers of the feeds");
    for (size_t i = 0; i < feeds->count; i++) {
        add(&hosts, &feeds->feed[i], feeds->feed[i].url);
        if (feeds->feed[i].lookup_url)
            add(&hosts, &feeds->feed[i], feeds->feed[i].lookup_url);
    }
    return hosts;
}

const struct host *hosts_find(const struct hosts *hosts, const char *url)
{
    struct host host;

    return host_of_url(url, &host) ? find(hosts, &host) : NULL;
}
