/*
 * The only file that runs libcurl's transfers. What a stranger sends is counted and kept as bytes
 * here; only the formats look into it.
 */
#include "fetch.h"

#include "clock.h"
#include "fetch_error.h"
#include "trust.h"

#include <curl/curl.h>
#include <err.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define USER_AGENT   "sparkler-netbroker/" SPARKLER_VERSION " (feeds for one virtual machine)"
#define HEADERS_MAX  (16 << 10) /* libcurl 7.88 accepts any number of header lines */
#define SLOW_BYTES   64L        /* a response stalls at fewer bytes a second than this … */
#define SLOW_SECONDS 6L         /* … for this long */
#define WAIT_MAX_S   86400      /* the longest Retry-After that is honoured */

struct fetcher {
    CURLM *multi;
    const struct inputs *inputs;
    const struct hosts *hosts;
    struct resolver *resolver;
    struct trust *trust;
    char *body; /* as large as the largest max_bytes of any feed */
};

/* A request in progress, as libcurl's callbacks see it. */
struct transfer {
    struct fetcher *fetcher;
    const struct feed *feed;
    const struct request *request;
    const struct host *host;
    struct addresses addresses; /* those it may connect to */
    struct response *response;
    size_t header_bytes;
    bool body_too_large;
    bool body_encoded; /* compressed, for example */
    CURL *easy;
    struct curl_slist *headers, *resolved;
};

struct fetcher *fetcher_new(const struct inputs *inputs, const struct feeds *feeds,
                            const struct hosts *hosts, struct resolver *resolver)
{
    struct fetcher *fetcher = calloc(1, sizeof(*fetcher));
    size_t largest = 1;

    for (size_t i = 0; i < feeds->count; i++)
        if (feeds->feed[i].max_bytes > largest)
            largest = feeds->feed[i].max_bytes;
    /* Ignore the host's openssl.cnf: configure_tls() sets what TLS may be. */
    if (!fetcher || OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1 ||
        curl_global_init(CURL_GLOBAL_SSL) != CURLE_OK)
        errx(1, "cannot prepare libcurl");
    *fetcher = (struct fetcher){
        .multi = curl_multi_init(),
        .inputs = inputs,
        .hosts = hosts,
        .resolver = resolver,
        .trust = trust_new(inputs),
        .body = malloc(largest),
    };
    if (!fetcher->multi || !fetcher->body)
        errx(1, "cannot prepare libcurl: no memory");
    return fetcher;
}

/* Counts because CURLOPT_MAXFILESIZE does not stop a body without Content-Length. */
static size_t take_body(char *bytes, size_t one, size_t count, void *data)
{
    struct transfer *transfer = data;
    struct response *response = transfer->response;

    if (count * one > transfer->feed->max_bytes - response->length) {
        transfer->body_too_large = true;
        return 0;
    }
    memcpy(transfer->fetcher->body + response->length, bytes, count * one);
    response->length += count * one;
    return count * one;
}

/* The value of a header line, without the spaces around it; NULL if the header is another one. */
static const char *header_value(const char *line, size_t length, const char *name,
                                size_t *value_length)
{
    size_t start = strlen(name);

    if (length < start || strncasecmp(line, name, start) != 0)
        return NULL;
    while (start < length && line[start] == ' ')
        start++;
    while (length > start && strchr("\r\n ", line[length - 1]))
        length--;
    *value_length = length - start;
    return line + start;
}

/* Keeps a value that a later request sends back, if it is printable and fits; else keeps "". */
static void take_validator(const char *value, size_t length, char *validator, size_t size)
{
    validator[0] = '\0';
    if (length >= size)
        return;
    for (size_t i = 0; i < length; i++)
        if (value[i] < ' ' || value[i] > '~')
            return;
    memcpy(validator, value, length);
    validator[length] = '\0';
}

static size_t take_header(char *line, size_t one, size_t count, void *data)
{
    struct transfer *transfer = data;
    struct validators *validators = &transfer->response->validators;
    size_t length = one * count, value_length;
    const char *value;

    transfer->header_bytes += length;
    if (transfer->header_bytes > HEADERS_MAX)
        return 0;
    value = header_value(line, length, "etag:", &value_length);
    if (value)
        take_validator(value, value_length, validators->etag, sizeof(validators->etag));
    value = header_value(line, length, "last-modified:", &value_length);
    if (value)
        take_validator(value, value_length, validators->modified, sizeof(validators->modified));
    value = header_value(line, length, "content-encoding:", &value_length);
    if (value &&
        (value_length != strlen("identity") || strncasecmp(value, "identity", value_length) != 0))
        transfer->body_encoded = true;
    return length;
}

/* Keeps only the addresses that the feed may connect to. False if none is left. */
static bool guard(const struct feed *feed, const struct host *host, struct addresses *addresses,
                  struct text *reason)
{
    char refused[INET6_ADDRSTRLEN] = "";
    size_t kept = 0;

    for (size_t i = 0; i < addresses->count; i++) {
        if (feed->allow_private || address_is_public(&addresses->address[i]))
            addresses->address[kept++] = addresses->address[i];
        else
            address_to_text(&addresses->address[i], refused);
    }
    addresses->count = kept;
    if (kept > 0)
        return true;
    if (strcmp(refused, host->name) == 0)
        text_printf(reason, "%s is not a public address", refused);
    else if (refused[0])
        text_printf(reason, "%s resolves to %s, which is not a public address", host->name,
                    refused);
    else
        text_printf(reason, "the name %s has no address", host->name);
    return false;
}

/* The last check before a connection: only an address that passed the guard gets a socket. */
static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct transfer *transfer = data;
    struct address address;

    if (purpose != CURLSOCKTYPE_IPCXN || to->socktype != SOCK_STREAM ||
        !address_from_sockaddr(&to->addr, &address))
        return CURL_SOCKET_BAD;
    for (size_t i = 0; i < transfer->addresses.count; i++)
        if (address_equal(&address, &transfer->addresses.address[i]))
            return socket(to->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    return CURL_SOCKET_BAD;
}

/* "HOST:PORT:ADDRESS,ADDRESS" for CURLOPT_RESOLVE. NULL for a numeric host, which libcurl does not
 * resolve. */
static struct curl_slist *resolved_list(const struct host *host, const struct addresses *addresses)
{
    char line[HOST_NAME_SIZE + 16 + RESOLVER_ADDRESSES * (INET6_ADDRSTRLEN + 3)];
    struct address numeric;
    int length = snprintf(line, sizeof(line), "%s:%u:", host->name, host->tcp_port);

    if (address_from_text(host->name, &numeric))
        return NULL;
    for (size_t i = 0; i < addresses->count; i++) {
        char text[INET6_ADDRSTRLEN];
        bool v6 = addresses->address[i].family == AF_INET6;

        address_to_text(&addresses->address[i], text);
        length += snprintf(line + length, sizeof(line) - (size_t)length, "%s%s%s%s", i ? "," : "",
                           v6 ? "[" : "", text, v6 ? "]" : "");
    }
    struct curl_slist *list = curl_slist_append(NULL, line);
    if (!list)
        errx(1, "no memory for a request");
    return list;
}

static void add_header(struct curl_slist **headers, const char *name, const char *value)
{
    size_t size = strlen(name) + strlen(value) + 1;
    char *line = malloc(size);
    struct curl_slist *longer = NULL;

    if (line) {
        snprintf(line, size, "%s%s", name, value);
        longer = curl_slist_append(*headers, line);
        free(line);
    }
    if (!longer)
        errx(1, "no memory for a request");
    *headers = longer;
}

static struct curl_slist *request_headers(const struct transfer *transfer)
{
    const struct validators *known = transfer->request->known;
    const struct feed *feed = transfer->feed;
    struct curl_slist *headers = NULL;
    bool has_type = false;

    for (char **line = feed->headers; line && *line; line++) {
        add_header(&headers, *line, "");
        has_type |= strncasecmp(*line, "Content-Type:", strlen("Content-Type:")) == 0;
    }
    if (transfer->request->body && !has_type)
        add_header(&headers, "Content-Type: ", "application/json");
    /* A server that answers 417 to an Expect would be sent the request again. */
    add_header(&headers, "Expect:", "");
    if (feed->credential)
        add_header(&headers, feed->header,
                   inputs_credential(transfer->fetcher->inputs, feed->credential)->data);
    if (known && known->etag[0])
        add_header(&headers, "If-None-Match: ", known->etag);
    if (known && known->modified[0])
        add_header(&headers, "If-Modified-Since: ", known->modified);
    return headers;
}

/* Each option is a restriction, so an option that this libcurl lacks must not go unnoticed. */
#define SET(transfer, option, value)                                                               \
    do {                                                                                           \
        if (curl_easy_setopt((transfer)->easy, option, value) != CURLE_OK)                         \
            errx(1, "this libcurl refuses " #option);                                              \
    } while (0)

static void configure_limits(struct transfer *transfer, int64_t deadline)
{
    int64_t left = deadline - clock_ms();
    long total = left > 1 ? (long)left : 1;
    long connect = (long)transfer->feed->connect_ms;

    SET(transfer, CURLOPT_NOSIGNAL, 1L);
    SET(transfer, CURLOPT_TIMEOUT_MS, total);
    SET(transfer, CURLOPT_CONNECTTIMEOUT_MS, connect < total ? connect : total);
    SET(transfer, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
    SET(transfer, CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS);
    SET(transfer, CURLOPT_MAXFILESIZE, (long)transfer->feed->max_bytes);
    SET(transfer, CURLOPT_WRITEFUNCTION, take_body);
    SET(transfer, CURLOPT_WRITEDATA, transfer);
    SET(transfer, CURLOPT_HEADERFUNCTION, take_header);
    SET(transfer, CURLOPT_HEADERDATA, transfer);
    SET(transfer, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(transfer, CURLOPT_OPENSOCKETDATA, transfer);
}

static void configure_method(struct transfer *transfer)
{
    const char *body = transfer->request->body;

    SET(transfer, CURLOPT_URL, transfer->request->url);
    if (!body)
        return;
    SET(transfer, CURLOPT_POST, 1L);
    SET(transfer, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
    SET(transfer, CURLOPT_POSTFIELDS, body);
}

static void configure_protocol(struct transfer *transfer)
{
    SET(transfer, CURLOPT_PROTOCOLS_STR, "https");
    SET(transfer, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    SET(transfer, CURLOPT_FOLLOWLOCATION, 0L);
    SET(transfer, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(transfer, CURLOPT_PROXY, "");
    SET(transfer, CURLOPT_NOPROXY, "*");
    /* One request per connection: HTTP/2 would only add a parser that a stranger can reach, and a
     * connection kept open would give one feed's rights to another. */
    SET(transfer, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(transfer, CURLOPT_FRESH_CONNECT, 1L);
    SET(transfer, CURLOPT_FORBID_REUSE, 1L);
    SET(transfer, CURLOPT_HTTP09_ALLOWED, 0L);
    SET(transfer, CURLOPT_USERAGENT, USER_AGENT);
    SET(transfer, CURLOPT_HTTPHEADER, transfer->headers);
    SET(transfer, CURLOPT_RESOLVE, transfer->resolved);
}

/* libcurl calls this for each new connection. */
static CURLcode set_trust(CURL *easy, void *tls, void *data)
{
    struct transfer *transfer = data;

    (void)easy;
    return trust_apply(transfer->fetcher->trust, transfer->feed, tls) ? CURLE_OK
                                                                      : CURLE_OUT_OF_MEMORY;
}

static void configure_tls(struct transfer *transfer)
{
    const struct feed *feed = transfer->feed;

    SET(transfer, CURLOPT_CAINFO, NULL);
    SET(transfer, CURLOPT_CAPATH, NULL);
    SET(transfer, CURLOPT_SSL_CTX_FUNCTION, set_trust);
    SET(transfer, CURLOPT_SSL_CTX_DATA, transfer);
    /* By default libcurl would reuse the first feed's authorities for all others. */
    SET(transfer, CURLOPT_CA_CACHE_TIMEOUT, 0L);
    SET(transfer, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(transfer, CURLOPT_SSL_VERIFYHOST, 2L);
    SET(transfer, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(transfer, CURLOPT_SSL_CIPHER_LIST, "DEFAULT@SECLEVEL=2");
    if (feed->pinned_key)
        SET(transfer, CURLOPT_PINNEDPUBLICKEY, feed->pinned_key);
}

/* Runs the transfer until it ends or the deadline has passed. */
static CURLcode perform(struct transfer *transfer, int64_t deadline)
{
    CURLM *multi = transfer->fetcher->multi;
    CURLcode code = CURLE_OPERATION_TIMEDOUT;
    int running = 1, queued;
    CURLMsg *message;

    if (curl_multi_add_handle(multi, transfer->easy) != CURLM_OK)
        return CURLE_FAILED_INIT;
    while (running > 0 && clock_ms() < deadline + 100) {
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            break;
        if (running > 0)
            curl_multi_poll(multi, NULL, 0, 500, NULL);
    }
    while ((message = curl_multi_info_read(multi, &queued)))
        if (message->msg == CURLMSG_DONE)
            code = message->data.result;
    return code;
}

static void take_result(struct transfer *transfer)
{
    struct response *response = transfer->response;
    curl_off_t wait = 0;

    response->body = transfer->fetcher->body;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &response->status);
    curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &wait);
    response->reached = response->status != 0;
    if (wait > WAIT_MAX_S)
        wait = WAIT_MAX_S;
    if ((response->status == 429 || response->status == 503) && wait > 0)
        response->wait_ms = wait * 1000;
}

static bool is_success(const struct transfer *transfer)
{
    const long status = transfer->response->status;

    return status == 200 ||
           (transfer->request->body && (status == 201 || status == 202 || status == 204));
}

/* Decides whether the finished transfer is a success; if not, appends the reason. */
static bool judge(struct transfer *transfer, CURLcode code, struct text *reason)
{
    const struct validators *known = transfer->request->known;
    struct response *response = transfer->response;

    if (transfer->header_bytes > HEADERS_MAX) {
        text_printf(reason, "the answer's headers are too large (the limit is %d bytes)",
                    HEADERS_MAX);
        return false;
    }
    if (transfer->body_too_large || code == CURLE_FILESIZE_EXCEEDED) {
        text_printf(reason, "the answer is too large (the limit is %u bytes)",
                    transfer->feed->max_bytes);
        return false;
    }
    if (code != CURLE_OK) {
        fetch_explain_failure(transfer->easy, code, transfer->feed, reason);
        return false;
    }
    if (is_success(transfer) && transfer->body_encoded) {
        text_printf(reason, "the answer is encoded (Content-Encoding), which was not asked for");
        return false;
    }
    response->unchanged =
        response->status == 304 && known && (known->etag[0] || known->modified[0]);
    if (response->unchanged || is_success(transfer))
        return true;
    fetch_explain_status(response->status, response->wait_ms, reason);
    return false;
}

bool fetch(struct fetcher *fetcher, const struct feed *feed, const struct request *request,
           int64_t deadline, struct response *response, struct text *reason)
{
    struct transfer transfer = {
        .fetcher = fetcher, .feed = feed, .request = request, .response = response};

    *response = (struct response){0};
    transfer.host = hosts_find(fetcher->hosts, request->url);
    if (!transfer.host) {
        text_printf(reason, "the url with the id names a server that is not in the feeds file");
        return false;
    }
    if (!resolve(fetcher->resolver, transfer.host, deadline, &transfer.addresses, reason) ||
        !guard(feed, transfer.host, &transfer.addresses, reason))
        return false;

    transfer.easy = curl_easy_init();
    transfer.headers = request_headers(&transfer);
    transfer.resolved = resolved_list(transfer.host, &transfer.addresses);
    if (!transfer.easy)
        errx(1, "no memory for a request");
    configure_limits(&transfer, deadline);
    configure_method(&transfer);
    configure_protocol(&transfer);
    configure_tls(&transfer);

    CURLcode code = perform(&transfer, deadline);
    take_result(&transfer);
    bool good = judge(&transfer, code, reason);

    curl_multi_remove_handle(fetcher->multi, transfer.easy);
    curl_easy_cleanup(transfer.easy);
    curl_slist_free_all(transfer.headers);
    curl_slist_free_all(transfer.resolved);
    return good;
}
