/* Which addresses are public: the first and last of every special network, and their neighbours. */
#include "netbroker/address.h"

#include "tap.h"

#include <string.h>

static void expect(const char *text, bool public)
{
    struct address address;

    ok(address_from_text(text, &address) && address_is_public(&address) == public, "%s is %s", text,
       public ? "public" : "not public");
}

static void test_ipv4(void)
{
    static const char *const special[] = {
        "0.0.0.0",         "0.255.255.255",  "10.0.0.0",        "10.255.255.255", "100.64.0.0",
        "100.127.255.255", "127.0.0.1",      "127.255.255.255", "169.254.0.0",    "169.254.169.254",
        "169.254.255.255", "172.16.0.0",     "172.31.255.255",  "192.0.0.0",      "192.0.0.255",
        "192.0.2.0",       "192.0.2.255",    "192.88.99.1",     "192.168.0.0",    "192.168.255.255",
        "198.18.0.0",      "198.19.255.255", "198.51.100.1",    "203.0.113.255",  "224.0.0.1",
        "239.255.255.255", "240.0.0.0",      "255.255.255.255",
    };
    static const char *const public[] = {
        "1.0.0.0",         "9.255.255.255", "11.0.0.0",        "100.63.255.255",  "100.128.0.0",
        "126.255.255.255", "128.0.0.0",     "169.253.255.255", "169.255.0.0",     "172.15.255.255",
        "172.32.0.0",      "192.0.1.0",     "192.0.3.0",       "192.167.255.255", "192.169.0.0",
        "198.17.255.255",  "198.20.0.0",    "223.255.255.255",
    };

    for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
        expect(special[i], false);
    for (size_t i = 0; i < sizeof(public) / sizeof(*public); i++)
        expect(public[i], true);
}

static void test_ipv6(void)
{
    expect("::", false);
    expect("::1", false);
    expect("::ffff:127.0.0.1", false);
    expect("::ffff:1.2.3.4", false);
    expect("::1.2.3.4", false);
    expect("64:ff9b::10.0.0.1", false);
    expect("64:ff9b::1.2.3.4", true);
    expect("64:ff9b:1::1.2.3.4", false);
    expect("100::1", false);
    expect("1fff:ffff::1", false);
    expect("2000::1", true);
    expect("2001::1", false);
    expect("2001:1ff:ffff::1", false);
    expect("2001:200::1", true);
    expect("2001:db8::1", false);
    expect("2001:db9::1", true);
    expect("2002:7f00:1::", false);
    expect("2003::1", true);
    expect("2a00:1450::1", true);
    expect("3fff::1", false);
    expect("3fff:1000::1", true);
    expect("4000::1", false);
    expect("fc00::1", false);
    expect("fd00::1", false);
    expect("fe80::1", false);
    expect("ff02::1", false);
}

static void test_text(void)
{
    struct address address;
    char text[INET6_ADDRSTRLEN];

    ok(!address_from_text("", &address) && !address_from_text("1.2.3", &address) &&
           !address_from_text("1.2.3.4.5", &address) && !address_from_text("a.test", &address) &&
           !address_from_text("0x7f000001", &address) && !address_from_text("2130706433", &address),
       "other texts are refused, as are the short forms of inet_aton");
    address_from_text("2001:DB8::0:1", &address);
    address_to_text(&address, text);
    ok(strcmp(text, "2001:db8::1") == 0, "an address is printed in its shortest form");
}

int main(void)
{
    test_ipv4();
    test_ipv6();
    test_text();
    return done();
}
