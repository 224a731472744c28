/* /proc/cpuinfo, of what CPUID tells. */
#include "host.h"
#include "kernel.h"
#include "proc.h"

#include <cpuid.h>

static const struct {
    const char *name;
    unsigned leaf, word, bit; /* word: 0 EAX, 1 EBX, 2 ECX, 3 EDX */
} flags[] = {
    {"fpu", 1, 3, 0},     {"tsc", 1, 3, 4},       {"cx8", 1, 3, 8},     {"cmov", 1, 3, 15},
    {"mmx", 1, 3, 23},    {"fxsr", 1, 3, 24},     {"sse", 1, 3, 25},    {"sse2", 1, 3, 26},
    {"pni", 1, 2, 0},     {"pclmulqdq", 1, 2, 1}, {"ssse3", 1, 2, 9},   {"fma", 1, 2, 12},
    {"cx16", 1, 2, 13},   {"sse4_1", 1, 2, 19},   {"sse4_2", 1, 2, 20}, {"movbe", 1, 2, 22},
    {"popcnt", 1, 2, 23}, {"aes", 1, 2, 25},      {"avx", 1, 2, 28},    {"f16c", 1, 2, 29},
    {"rdrand", 1, 2, 30}, {"bmi1", 7, 1, 3},      {"avx2", 7, 1, 5},    {"bmi2", 7, 1, 8},
    {"erms", 7, 1, 9},    {"avx512f", 7, 1, 16},  {"rdseed", 7, 1, 18}, {"adx", 7, 1, 19},
    {"sha_ni", 7, 1, 29}, {"fsrm", 7, 3, 4},
};

static void cpuid(unsigned leaf, unsigned words[4])
{
    __cpuid_count(leaf, 0, words[0], words[1], words[2], words[3]);
}

static void show_names(struct text *text)
{
    unsigned words[4], model[12];
    char vendor[12];

    cpuid(0, words);
    memcpy(vendor, &words[1], 4);
    memcpy(vendor + 4, &words[3], 4);
    memcpy(vendor + 8, &words[2], 4);
    text_print(text, "vendor_id\t: %.*s\n", (int)sizeof(vendor), vendor);
    cpuid(1, words);
    text_print(text, "cpu family\t: %u\nmodel\t\t: %u\n",
               (words[0] >> 8 & 15) + (words[0] >> 20 & 255),
               (words[0] >> 4 & 15) | (words[0] >> 12 & 0xf0));
    for (unsigned i = 0; i < 3; i++)
        cpuid(0x80000002 + i, model + 4 * i);
    text_print(text, "model name\t: %.*s\nstepping\t: %u\n", (int)sizeof(model),
               (const char *)model, words[0] & 15);
}

void show_cpuinfo(struct text *text, const struct proc_subject *subject)
{
    (void)subject;
    text_print(text, "processor\t: 0\n");
    show_names(text);
    text_print(text, "cpu MHz\t\t: %lu.000\nphysical id\t: 0\nsiblings\t: 1\ncore id\t\t: 0\n",
               host_time->tsc_khz / 1000);
    text_print(text, "cpu cores\t: 1\nfpu\t\t: yes\nflags\t\t:");
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        unsigned words[4];

        cpuid(flags[i].leaf, words);
        if (words[flags[i].word] >> flags[i].bit & 1)
            text_print(text, " %s", flags[i].name);
    }
    text_print(text, "\n\n");
}
