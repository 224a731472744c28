/*
 * The file of --status. Whoever opens it finds whole text, whatever is killed and whenever, which
 * stays as it is until the second time that it is replaced.
 *
 * FILE is a symbolic link to `text` in the directory .FILE.d beside it, as Kubernetes updates its
 * volumes. The supervisor may neither make nor open a file, nor write to the user's directory; in
 * this one it may exchange names. It writes a spare file, then exchanges its name with that of
 * `text` (renameat2(2)). There are two spares, and the one that was `text` last is not the next to
 * be written.
 */
#ifndef SPARKLER_STATUS_FILE_H
#define SPARKLER_STATUS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define STATUS_FILES    3          /* `text` and the spares */
#define STATUS_FILE_MAX (1u << 20) /* bytes; more than any text has */

/* While a text is being written; errno says why it could not be. */
struct status_file {
    int files[STATUS_FILES]; /* files[0] is `text`; the numbers of policy/fds.h */
    unsigned next;           /* the spare that is written next, 1 or 2 */
    int error;
};

/*
 * Makes FILE and its directory with the caller's rights, new or over those of an ended VM; the text
 * is "# EOF" so far. Members of `group` may exchange names (-1: the caller only). Everybody may
 * read it. Ends the program by err(3) if it cannot, if FILE is anything else, if the directory is
 * not this user's, or if a VM that runs has it. Returns the directory, which stays locked while it
 * is open, and the files in the order of policy/fds.h.
 */
int status_file_open(const char *path, gid_t group, int files[STATUS_FILES]);

/* Writes a text anew: begins, appends, and replaces the old one. The last returns false, and the
 * old text stays, if any of it failed; SIGXFSZ must be blocked. */
void status_file_begin(struct status_file *file);
void status_file_append(struct status_file *file, const char *text, size_t length);
bool status_file_replace(struct status_file *file);

#endif
