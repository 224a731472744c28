/*
 * Reads and lints policy files in one pass. Comments are collected until the rule below takes them
 * as its reason; after a mistake, the next line is tried.
 */
#include "policy/tool/parse.h"

#include "policy/runtime/names.h"
#include "policy/tool/danger.h"
#include "policy/tool/owner.h"

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
    const char *path;
    const char *text; /* the whole file, NUL at its end */
    const char *at;
    unsigned mistakes;
    char *reason, *dangerous; /* from the comment lines directly above `at` */
    struct policy_file *policy;
};

static unsigned line_of(const struct parser *p, const char *where)
{
    unsigned line = 1;

    for (const char *c = p->text; c < where; c++)
        line += *c == '\n';
    return line;
}

/* Reports a mistake and returns false, for `return mistake(...)`. */
__attribute__((format(printf, 3, 4))) static bool mistake(struct parser *p, const char *where,
                                                          const char *format, ...)
{
    const char *start = where;
    int column;
    va_list args;

    while (start > p->text && start[-1] != '\n')
        start--;
    column = (int)(where - start);
    fprintf(stderr, "%s:%u:%d: ", p->path, line_of(p, where), column + 1);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n    %.*s\n    ", (int)strcspn(start, "\n"), start);
    for (int i = 0; i < column; i++)
        fputc(start[i] == '\t' ? '\t' : ' ', stderr);
    fputs("^\n", stderr);
    p->mistakes++;
    return false;
}

/* Skips blanks; a line that ends with a backslash continues on the next. */
static void skip_blanks(struct parser *p)
{
    for (;;) {
        if (*p->at == ' ' || *p->at == '\t')
            p->at++;
        else if (p->at[0] == '\\' && p->at[1] == '\n')
            p->at += 2;
        else
            return;
    }
}

static void skip_line(struct parser *p)
{
    for (; *p->at && *p->at != '\n'; p->at++)
        if (p->at[0] == '\\' && p->at[1] == '\n')
            p->at++;
    p->at += *p->at == '\n';
}

static size_t word_length(const char *word)
{
    size_t length = 0;

    while (isalnum((unsigned char)word[length]) || word[length] == '_')
        length++;
    return length;
}

static bool take(struct parser *p, const char *token)
{
    size_t length = strlen(token);

    skip_blanks(p);
    if (strncmp(p->at, token, length) != 0)
        return false;
    if (isalnum((unsigned char)token[0]) && word_length(p->at) != length)
        return false;
    p->at += length;
    skip_blanks(p);
    return true;
}

static bool at_end(const struct parser *p)
{
    return *p->at == '\n' || *p->at == '\0';
}

static bool unknown(struct parser *p, const struct constant *table, const char *kind)
{
    int length = (int)word_length(p->at);
    const char *nearest = names_nearest(table, p->at, length);

    if (nearest)
        return mistake(p, p->at, "unknown %s '%.*s', did you mean '%s'?", kind, length, p->at,
                       nearest);
    return mistake(p, p->at, "unknown %s '%.*s'", kind, length, p->at);
}

/* A decimal number, for values that have no name. */
static bool parse_number(struct parser *p, const struct rule *rule, unsigned arg, uint64_t *value)
{
    const char *start = p->at;
    char *end;
    long long number = strtoll(start, &end, 10);

    if (start[0] == '0' && word_length(start) > 1)
        return mistake(p, start, "expected a constant's name or a decimal number");
    if (end == start || isalnum((unsigned char)*end) || *end == '_' || number > UINT32_MAX ||
        number < INT32_MIN)
        return mistake(p, start, "expected a 32-bit decimal number");
    if (strcmp(rule->syscall, "ioctl") == 0 && arg == 1)
        return mistake(p, start, "expected the ioctl's name, not its number");
    p->at = end;
    *value = number < 0 ? (uint32_t)number : (uint64_t)number; /* as in policy/tool/constants.sh */
    return true;
}

/* Steps over a '|' between two constants; '||' is not one. */
static bool take_bar(struct parser *p)
{
    skip_blanks(p);
    if (p->at[0] != '|' || p->at[1] == '|')
        return false;
    p->at++;
    return true;
}

/* NAME or NUMBER, or several of them joined by '|'. */
static bool parse_value(struct parser *p, const struct rule *rule, struct comparison *comparison)
{
    const char *start, *end;

    skip_blanks(p);
    start = p->at;
    do {
        uint64_t value = 0;

        skip_blanks(p);
        if (isdigit((unsigned char)*p->at) || *p->at == '-') {
            if (!parse_number(p, rule, comparison->arg, &value))
                return false;
        } else {
            size_t length = word_length(p->at);
            const struct constant *constant = names_find(constants, p->at, length);

            if (length == 0)
                return mistake(p, p->at, "expected a constant's name or a decimal number");
            if (!constant)
                return unknown(p, constants, "constant");
            if (!owner_permits(p->policy->name, constant->name))
                return mistake(p, p->at,
                               "'%s' belongs to a program that this policy does not confine",
                               constant->name);
            value = constant->value;
            p->at += length;
        }
        comparison->value |= value;
        end = p->at;
    } while (take_bar(p));

    comparison->text = strndup(start, end - start);
    if (!comparison->text)
        err(1, "cannot allocate memory for a policy");
    return true;
}

/* argN == VALUE, or argN in MASK */
static bool parse_comparison(struct parser *p, const struct rule *rule,
                             struct conjunction *conjunction)
{
    struct comparison *comparison = &conjunction->comparisons[conjunction->count];
    const char *start = p->at;
    unsigned arg;

    if (strncmp(p->at, "arg", 3) != 0 || !strchr("012345", p->at[3]) || word_length(p->at) != 4)
        return mistake(p, p->at, "expected an argument, arg0 to arg5");
    arg = p->at[3] - '0';
    for (size_t i = 0; i < conjunction->count; i++)
        if (conjunction->comparisons[i].arg == arg)
            return mistake(p, start, "arg%u is compared twice in one conjunction", arg);
    comparison->arg = arg;
    p->at += 4;
    if (take(p, "=="))
        comparison->operation = EQUAL;
    else if (take(p, "in"))
        comparison->operation = IN;
    else if (strchr("<>!&", *p->at) && *p->at)
        return mistake(p, p->at,
                       "expected '==' or 'in': other comparisons are refused, since libseccomp "
                       "compiles some ranges wrongly");
    else
        return mistake(p, p->at, "expected '==' or 'in'");
    conjunction->count++;
    return parse_value(p, rule, comparison);
}

/* Comparisons joined by '&&', which binds closer, and '||'. */
static bool parse_condition(struct parser *p, struct rule *rule)
{
    do {
        const char *start = p->at;
        struct conjunction *conjunction = rule_add(rule);

        do {
            if (!parse_comparison(p, rule, conjunction))
                return false;
        } while (take(p, "&&"));
        for (size_t i = 0; i + 1 < rule->count; i++) {
            if (conjunction_within(conjunction, &rule->any[i]))
                return mistake(p, start, "an earlier alternative already allows all of this");
            if (conjunction_within(&rule->any[i], conjunction))
                return mistake(p, start, "this also allows all of an earlier alternative");
        }
    } while (take(p, "||"));
    return true;
}

/* What follows the colon. */
static bool parse_body(struct parser *p, struct rule *rule)
{
    if (take(p, "1")) {
        rule_add(rule);
    } else if (take(p, "return")) {
        rule->error = names_find(errnos, p->at, word_length(p->at));
        if (!rule->error)
            return unknown(p, errnos, "errno");
        p->at += word_length(p->at);
        skip_blanks(p);
        rule_add(rule);
    } else if (strncmp(p->at, "arg", 3) == 0) {
        if (!parse_condition(p, rule))
            return false;
    } else {
        return mistake(p, p->at, "expected '1', 'return ERRNO' or a condition like 'arg0 == NAME'");
    }
    return at_end(p) || mistake(p, p->at, "expected the end of the line, '&&' or '||'");
}

static bool parse_rule(struct parser *p, struct rule *rule)
{
    const char *start = p->at;
    const struct constant *call = names_find(syscalls, p->at, word_length(p->at));
    const struct rule *earlier;

    if (*start == '@')
        return mistake(p, start,
                       "expected a system call: there are no directives, the default is always "
                       "to kill, and a file has all of its rules itself");
    if (word_length(start) == 0)
        return mistake(p, start, "expected a system call's name, or a comment");
    if (!call)
        return unknown(p, syscalls, "system call");
    rule->syscall = call->name;
    rule->number = call->value;
    rule->line = line_of(p, start);
    p->at += word_length(p->at);
    if (!take(p, ":"))
        return mistake(p, p->at, "expected ':'");
    if (!parse_body(p, rule))
        return false;

    earlier = policy_rule(p->policy, rule->number);
    if (earlier)
        return mistake(p, start, "'%s' already has a rule in line %u", call->name, earlier->line);
    if (!rule->reason)
        return mistake(p, start, "expected the reason for '%s' in a comment directly above it",
                       call->name);
    if (danger(rule) && !rule->dangerous)
        return mistake(p, start,
                       "'%s' can %s: expected a line '# dangerous: ...' above it that "
                       "says why this is right",
                       call->name, danger(rule));
    return true;
}

/* Appends a comment line to *text, unless it has no letter. */
static void append(char **text, const char *line, size_t length)
{
    char *joined;

    if (strcspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") >= length)
        return;
    if (asprintf(&joined, "%s%s%.*s", *text ? *text : "", *text ? " " : "", (int)length, line) < 0)
        err(1, "cannot allocate memory for a policy");
    free(*text);
    *text = joined;
}

static void forget_comment(struct parser *p)
{
    free(p->reason);
    free(p->dangerous);
    p->reason = p->dangerous = NULL;
}

static void parse_comment(struct parser *p)
{
    static const char marker[] = "dangerous:";
    const char *line = p->at + 1 + strspn(p->at + 1, " \t");
    size_t length = strcspn(line, "\n");

    if (strncmp(line, marker, sizeof(marker) - 1) == 0) {
        size_t skip = sizeof(marker) - 1 + strspn(line + sizeof(marker) - 1, " \t");

        append(&p->dangerous, line + skip, length - skip);
    } else {
        append(p->dangerous ? &p->dangerous : &p->reason, line, length);
    }
    p->at = line + length + (line[length] == '\n');
}

static void parse_line(struct parser *p)
{
    struct policy_file *policy = p->policy;
    struct rule *rule = &policy->rules[policy->count];

    skip_blanks(p);
    if (*p->at == '#') {
        parse_comment(p);
        return;
    }
    if (at_end(p)) {
        forget_comment(p);
        skip_line(p);
        return;
    }
    *rule = (struct rule){.reason = p->reason, .dangerous = p->dangerous};
    p->reason = p->dangerous = NULL;
    if (parse_rule(p, rule))
        policy->count++;
    else
        rule_free(rule);
    skip_line(p);
}

/* The whole file, and a NUL. To be freed. */
static char *read_file(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "re");

    if (!file)
        err(1, "cannot open the policy %s", path);
    errno = 0;
    if (getdelim(&text, &size, '\0', file) < 0) {
        if (errno)
            err(1, "cannot read the policy %s", path);
        *text = '\0'; /* an empty file */
    }
    if (!feof(file))
        errx(1, "cannot read the policy %s: it has a NUL byte, but must be text", path);
    fclose(file);
    return text;
}

/* vmm-boot for policy/vmm-boot.policy: it becomes part of a name in C. */
static void name_policy(const char *path, char name[POLICY_NAME_MAX])
{
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    size_t length = strspn(base, "abcdefghijklmnopqrstuvwxyz0123456789-");

    if (length == 0 || length >= POLICY_NAME_MAX || strcmp(base + length, ".policy") != 0)
        errx(1,
             "cannot use the policy %s: expected a name of a-z, 0-9 and '-', shorter than %d "
             "characters, then .policy",
             path, POLICY_NAME_MAX);
    memcpy(name, base, length);
    name[length] = '\0';
}

unsigned policy_parse(const char *path, struct policy_file *policy)
{
    struct parser p = {.path = path, .policy = policy};
    char *text;
    size_t lines = 1;

    *policy = (struct policy_file){0};
    name_policy(path, policy->name);
    p.text = p.at = text = read_file(path);
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    policy->rules = allocate(lines, sizeof(*policy->rules));

    while (*p.at)
        parse_line(&p);
    if (policy->count == 0 && p.mistakes == 0)
        mistake(&p, p.at, "expected at least one rule");
    forget_comment(&p);
    free(text);
    return p.mistakes;
}
