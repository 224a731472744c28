/* Reads a policy by splitting its lines at ':', '||', '&&' and '|'. */
#include "policy/tool/oracle.h"

#include "policy/runtime/names.h"

#include <err.h>
#include <linux/audit.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define X32_NUMBERS 0x40000000u /* x32's system calls begin here */

struct clause {
    uint32_t number, action;
    size_t count;
    struct {
        unsigned arg;
        bool mask;
        uint64_t value;
    } terms[6];
};

static uint64_t value_of(const struct constant *table, const char *word)
{
    const struct constant *constant = names_find(table, word, strlen(word));
    char *end;
    uint64_t number;

    if (constant)
        return constant->value;
    number = (uint32_t)strtol(word, &end, 10);
    if (end == word || *end)
        errx(1, "cannot read the word '%s' of a policy", word);
    return number;
}

static uint64_t or_together(char *words)
{
    uint64_t value = 0;
    char *rest;

    for (char *w = strtok_r(words, "| \t", &rest); w; w = strtok_r(NULL, "| \t", &rest))
        value |= value_of(constants, w);
    return value;
}

/* Cuts the text at the separator and returns what follows it; NULL if there is none. */
static char *cut(char *text, const char *separator)
{
    char *found = strstr(text, separator);

    if (!found)
        return NULL;
    *found = '\0';
    return found + strlen(separator);
}

static void read_conjunction(struct clause *clause, char *text)
{
    for (char *next; text; text = next) {
        char operator[3];
        int used = 0;

        next = cut(text, "&&");
        if (clause->count == 6 || sscanf(text, " arg%1u %2[=in]%n",
                                         &clause->terms[clause->count].arg, operator, & used) != 2)
            errx(1, "cannot read the comparison '%s' of a policy", text);
        clause->terms[clause->count].mask = strcmp(operator, "in") == 0;
        clause->terms[clause->count++].value = or_together(text + used);
    }
}

static struct clause *add(struct oracle *oracle, uint32_t number, uint32_t action)
{
    struct clause *clause;

    oracle->clauses = reallocarray(oracle->clauses, oracle->count + 1, sizeof(*clause));
    if (!oracle->clauses)
        err(1, "cannot allocate memory for a policy");
    clause = &oracle->clauses[oracle->count++];
    *clause = (struct clause){.number = number, .action = action};
    return clause;
}

static void read_rule(struct oracle *oracle, char *line)
{
    char *body = cut(line, ":"), word[32];
    uint32_t number;

    if (!body || sscanf(line, " %31s", word) != 1)
        errx(1, "cannot read the line '%s' of a policy", line);
    number = value_of(syscalls, word);
    if (sscanf(body, " return %31s", word) == 1)
        add(oracle, number, SECCOMP_RET_ERRNO | value_of(errnos, word));
    else if (sscanf(body, " %31s", word) == 1 && strcmp(word, "1") == 0)
        add(oracle, number, SECCOMP_RET_ALLOW);
    else
        for (char *next; body; body = next) {
            next = cut(body, "||");
            read_conjunction(add(oracle, number, SECCOMP_RET_ALLOW), body);
        }
}

/* Blanks out each backslash at the end of a line, and the newline. */
static void join_lines(char *text)
{
    char *joint = strstr(text, "\\\n");

    while (joint) {
        memcpy(joint, "  ", 2);
        joint = strstr(joint, "\\\n");
    }
}

struct oracle oracle_read(const char *path)
{
    struct oracle oracle = {0};
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t size = 0;

    if (!file)
        err(1, "cannot open the policy %s", path);
    if (getdelim(&text, &size, '\0', file) > 0) {
        join_lines(text);
        for (char *line = text, *next; line; line = next) {
            next = cut(line, "\n");
            line += strspn(line, " \t");
            if (*line && *line != '#')
                read_rule(&oracle, line);
        }
    }
    free(text);
    fclose(file);
    return oracle;
}

void oracle_free(struct oracle *oracle)
{
    free(oracle->clauses);
}

static bool holds(const struct clause *clause, const struct seccomp_data *data)
{
    for (size_t i = 0; i < clause->count; i++) {
        uint64_t arg = data->args[clause->terms[i].arg], value = clause->terms[i].value;

        if (clause->terms[i].mask ? (arg & ~value) != 0 : arg != value)
            return false;
    }
    return true;
}

uint32_t oracle_action(const struct oracle *oracle, const struct seccomp_data *data)
{
    uint32_t number = data->nr;

    if (data->arch != AUDIT_ARCH_X86_64 || number >= X32_NUMBERS)
        return SECCOMP_RET_KILL_PROCESS;
    for (size_t i = 0; i < oracle->count; i++)
        if (oracle->clauses[i].number == number && holds(&oracle->clauses[i], data))
            return oracle->clauses[i].action;
    return SECCOMP_RET_KILL_PROCESS;
}
