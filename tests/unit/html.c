/* The HTML of a status becomes the text that its author saw, and no escape sequence survives. */
#include "netbroker/text.h"

#include "tap.h"

#include <string.h>

static struct text text = TEXT_EMPTY;

static void expect(const char *html, const char *expected, const char *what)
{
    text_clear(&text);
    text_append_html(&text, html, strlen(html));
    if (!ok(strcmp(text.data, expected) == 0 && text.length == strlen(expected), "%s", what))
        printf("# got '%s', expected '%s'\n", text.data, expected);
}

static void test_tags(void)
{
    expect("<p>one<br>two<br />three</p><p>four</p>", "one\ntwo\nthree\nfour", "line ends");
    expect("<P>a<BR/>b</P>", "a\nb", "in capitals too");
    expect("<ul><li>a</li><li>b</li></ul>", "- a\n- b", "lists");
    expect("<pre>a\n b</pre><blockquote>c</blockquote>d", "a\n b\nc\nd", "pre and blockquote");
    expect("<a href=\"https://x\" rel=\"me\"><span class=\"invisible\">https://</span>x</a>",
           "https://x", "links show their text");
    expect("a<a title=\"1>2\" name='\">'>b</a>", "ab", "a '>' in quotes does not end a tag");
    expect("a<!-- <br> -- > -->b", "ab", "comments");
    expect("1 < 2 <3 <", "1 < 2 <3 <", "a '<' that does not begin a tag");
    expect("a<brx>b<link>c", "abc", "tags that only begin like these are dropped");
}

static void test_unterminated(void)
{
    expect("a<br", "a", "a truncated tag");
    expect("a<a href=\"b>c", "a", "a truncated quote");
    expect("a<!--b", "a", "a truncated comment");
    expect("a&amp", "a&amp", "a truncated entity");
    expect("", "", "nothing");
}

static void test_entities(void)
{
    expect("&lt;b&gt; &amp;&quot;&apos;&#39;&#x27; &nbsp;.", "<b> &\"'''  .", "named and numeric");
    expect("&hellip;&mdash;&euro;&deg;&auml;", "...--EURdega", "those that are not ASCII");
    expect("&amp;lt;", "&lt;", "entities are decoded only once");
    expect("&unknown; &; &#; &#x; &#12a;", "&unknown; &; &#; &#x; &#12a;",
           "unknown entities are left as they are");
    expect("a&#27;[31m&#x1B;[0m&#155;x", "a[31m[0mx", "entities of escape characters are dropped");
    expect("a&#x202e;b&#8203;c&#0;", "abc?",
           "so are bidirectional and zero-width ones; NUL is '?'");
    expect("&#xd800;&#x110000;&#99999999;&#128512;", "????", "no surrogate, nothing too large");
    expect("&#60;br&#62;", "<br>", "a tag written as entities is text");
}

static void test_bounds(void)
{
    static char many[200000];

    memset(many, 'x', sizeof(many) - 1);
    for (size_t i = 0; i + 4 < sizeof(many); i += 50)
        memcpy(many + i, "<br>", 4);
    text_clear(&text);
    text_append_html(&text, many, sizeof(many) - 1);
    ok(text.length <= TEXT_MAX - 1 && text.data[text.length] == '\0', "long HTML is cut");
    text.length = 0;
    text_append_html(&text, "a\0b\x1b", 4);
    ok(strcmp(text.data, "ab") == 0, "an embedded NUL and a raw escape are dropped");
}

int main(void)
{
    test_tags();
    test_unterminated();
    test_entities();
    test_bounds();
    return done();
}
