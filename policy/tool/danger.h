/* System calls that widen what a process can reach; their rules must say why that is right. */
#ifndef SPARKLER_DANGER_H
#define SPARKLER_DANGER_H

#include "policy/tool/parse.h"

/* What the rule makes possible, to follow "'clone' can ..."; NULL if it is harmless. */
const char *danger(const struct rule *rule);

#endif
