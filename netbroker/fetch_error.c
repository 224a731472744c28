/* The error codes of libcurl and HTTP in words. */
#include "fetch_error.h"

#include <openssl/x509_vfy.h>
#include <string.h>

static const struct {
    CURLcode code;
    const char *words;
} failures[] = {
    {CURLE_GOT_NOTHING, "the server closed the connection without an answer"},
    {CURLE_PARTIAL_FILE, "the server closed the connection in the middle of its answer"},
    {CURLE_RECV_ERROR, "the connection broke, or the answer breaks the rules of HTTP"},
    {CURLE_SEND_ERROR, "the connection broke while sending the request"},
    {CURLE_SSL_CONNECT_ERROR,
     "the server and this program cannot agree on a secure connection (TLS)"},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, "the server's key is not the one pinned by the feed"},
    {CURLE_UNSUPPORTED_PROTOCOL, "the server does not speak HTTP/1.1"},
    {CURLE_WEIRD_SERVER_REPLY, "the server does not speak HTTP/1.1"},
    {CURLE_BAD_CONTENT_ENCODING, "the answer is encoded in a way that was not asked for"},
    /* libcurl's code for a line that outgrows its buffer */
    {CURLE_OUT_OF_MEMORY, "the answer has a header line that is too long"},
};

/* The last stage reached shows what the server failed to do in time. */
static void explain_timeout(CURL *easy, const struct feed *feed, struct text *reason)
{
    double connect = feed->connect_ms / 1000.0, spent = 0;
    curl_off_t secured = 0, bytes = 0;
    char *peer = NULL;

    curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &peer);
    curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &secured);
    curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME, &spent);
    if (!peer || peer[0] == '\0')
        text_printf(reason, "no connection to the server in %.3g s", connect);
    else if (secured == 0)
        text_printf(reason, "no secure connection (TLS) to the server in %.3g s", connect);
    else if (bytes == 0)
        text_printf(reason, "the server did not answer in %.0f s", spent);
    else
        text_printf(reason, "the server was too slow: its answer was not complete in %.0f s",
                    spent);
}

static void explain_certificate(CURL *easy, struct text *reason)
{
    long result = X509_V_OK;

    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
    /* libcurl 7.88 checks the name first, before OpenSSL has a result. */
    if (result == X509_V_OK || result == X509_V_ERR_UNSPECIFIED)
        text_printf(reason, "the server's certificate is for another name");
    else
        text_printf(reason, "the server's certificate is not trusted (%s)",
                    X509_verify_cert_error_string(result));
}

static void explain_connection(CURL *easy, struct text *reason)
{
    long number = 0;

    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
    text_printf(reason, "no connection to the server (%s)",
                number != 0 ? strerror((int)number) : "refused by this program");
}

void fetch_explain_failure(CURL *easy, CURLcode code, const struct feed *feed, struct text *reason)
{
    switch ((int)code) {
    case CURLE_OPERATION_TIMEDOUT:
        explain_timeout(easy, feed, reason);
        return;
    case CURLE_PEER_FAILED_VERIFICATION:
        explain_certificate(easy, reason);
        return;
    case CURLE_COULDNT_CONNECT:
        explain_connection(easy, reason);
        return;
    }
    for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
        if (failures[i].code == code) {
            text_printf(reason, "%s", failures[i].words);
            return;
        }
    }
    text_printf(reason, "the request failed: %s", curl_easy_strerror(code));
}

static const char *status_words(long status)
{
    switch (status) {
    case 204:
        return "the server's answer is empty";
    case 304:
        return "the server says that nothing changed, but was not asked that";
    case 401:
    case 403:
        return "the server refuses the request or its credential";
    case 404:
    case 410:
        return "the server has nothing at this address";
    case 429:
        return "the server was asked too often";
    }
    if (status >= 300 && status < 400)
        return "the server redirects the request, which is not followed";
    if (status >= 500)
        return "the server reports an error of its own";
    return "the server does not accept the request";
}

void fetch_explain_status(long status, int64_t wait_ms, struct text *reason)
{
    text_printf(reason, "%s (HTTP %ld)", status_words(status), status);
    if (wait_ms > 0)
        text_printf(reason, "; it may be asked again in %lld s", (long long)(wait_ms / 1000));
}
