/* System calls that widen what a process can reach, so that a rule must admit it in words. */
#ifndef SPARKLER_DANGER_H
#define SPARKLER_DANGER_H

#include "policy/tool/parse.h"

/* What the rule would open, as a phrase for "'clone' can ..."; NULL if it is harmless. */
const char *danger(const struct rule *rule);

#endif
