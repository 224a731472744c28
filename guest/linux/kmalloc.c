/*
 * Small allocations: objects of a dozen sizes, each size cut from pages of its own. What is freed
 * is used again for the same size. Larger ones are rows of pages.
 */
#include "kernel.h"
#include "memory.h"
#include "page.h"

static const uint16_t sizes[] = {0, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048};

static void *free_objects[ARRAY_SIZE(sizes)]; /* each holds the address of the next */

static unsigned class_of(size_t size)
{
    unsigned class = 1;

    while (sizes[class] < size)
        class ++;
    return class;
}

static bool cut_page(unsigned class)
{
    uint8_t *page = page_alloc();

    if (page == NULL)
        return false;
    page_set_class(page, class);
    for (size_t at = PAGE_SIZE / sizes[class] * sizes[class]; at > 0;) {
        at -= sizes[class];
        *(void **)(page + at) = free_objects[class];
        free_objects[class] = page + at;
    }
    return true;
}

static unsigned order_of(size_t size)
{
    unsigned order = 0;

    while (PAGE_SIZE << order < size)
        order++;
    return order;
}

void *kmalloc(size_t size)
{
    if (size > PAGE_SIZE << 9)
        return NULL;
    if (size > sizes[ARRAY_SIZE(sizes) - 1])
        return pages_alloc(order_of(size));

    unsigned class = class_of(size);
    if (free_objects[class] == NULL && !cut_page(class))
        return NULL;
    void *object = free_objects[class];
    free_objects[class] = *(void **)object;
    return object;
}

void *kzalloc(size_t size)
{
    void *object = kmalloc(size);

    if (object != NULL && size <= sizes[ARRAY_SIZE(sizes) - 1])
        memset(object, 0, size);
    return object;
}

static void *page_of(void *pointer)
{
    return (void *)((uintptr_t)pointer & ~PAGE_MASK);
}

void kfree(void *pointer)
{
    if (pointer == NULL)
        return;

    unsigned class = page_class(page_of(pointer));
    if (class == 0) {
        page_release(pointer);
        return;
    }
    *(void **)pointer = free_objects[class];
    free_objects[class] = pointer;
}

void *krealloc(void *old, size_t size)
{
    if (old == NULL)
        return kmalloc(size);

    unsigned class = page_class(page_of(old));
    size_t old_size = class == 0 ? page_row_size(old) : sizes[class];
    if (size <= old_size)
        return old;

    void *new = kmalloc(size);
    if (new == NULL)
        return NULL;
    memcpy(new, old, old_size);
    kfree(old);
    return new;
}
