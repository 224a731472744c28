/* Parses PEM from memory into OpenSSL's stores: the policy allows no file to be opened. */
#include "trust.h"

#include <err.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

struct trust {
    const struct inputs *inputs;
    X509_STORE **store; /* [0]: the default; [1 + i]: credential i; NULL: not parsed yet */
};

struct trust *trust_new(const struct inputs *inputs)
{
    struct trust *trust = malloc(sizeof(*trust));
    X509_STORE **store = calloc(1 + inputs->credential_count, sizeof(*store));

    if (!trust || !store)
        err(1, "cannot allocate the trusted authorities");
    *trust = (struct trust){.inputs = inputs, .store = store};
    return trust;
}

static X509_STORE *parse(const struct input_file *pem)
{
    BIO *bytes = BIO_new_mem_buf(pem->data, (int)pem->length);
    X509_STORE *store = X509_STORE_new();

    if (bytes && store) {
        while (!BIO_eof(bytes)) {
            X509 *certificate = PEM_read_bio_X509_AUX(bytes, NULL, NULL, NULL);

            if (certificate)
                X509_STORE_add_cert(store, certificate);
            X509_free(certificate);
        }
        /* A feed may trust nothing but one server's or intermediate certificate. */
        X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
    }
    ERR_clear_error();
    BIO_free(bytes);
    return store;
}

bool trust_apply(struct trust *trust, const struct feed *feed, SSL_CTX *tls)
{
    const struct inputs *inputs = trust->inputs;
    const struct input_file *pem = feed->ca ? inputs_credential(inputs, feed->ca) : &inputs->ca;
    size_t index = feed->ca ? 1 + (size_t)(pem - inputs->credential) : 0;

    if (!trust->store[index])
        trust->store[index] = parse(pem);
    if (!trust->store[index])
        return false;
    SSL_CTX_set1_cert_store(tls, trust->store[index]);
    return true;
}
