/* Elements of any size to and from characters: see device.h. */
#include "device.h"

#include <string.h>

void access_widen(const struct access *access)
{
    for (size_t i = access->count; i-- > 0;) {
        uint8_t character = access->data[i];

        memset(access->data + i * access->size, 0, access->size);
        access->data[i * access->size] = character;
    }
}

void access_narrow(const struct access *access)
{
    for (size_t i = 0; i < access->count; i++)
        access->data[i] = access->data[i * access->size];
}
