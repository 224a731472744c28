/* Shows an auditor what a feeds file lets a guest ask of the network. */
#ifndef SPARKLER_FEED_TABLE_H
#define SPARKLER_FEED_TABLE_H

/* In words, one block of lines for each entry of the file. Like the next, ends the program by
 * errx(3), status 1, if the broker would refuse the file. */
void feed_table_print(const char *path);

/* As JSON: an object. */
void feed_table_json(const char *path);

#endif
