/* Shared memory of System V: segments, keys, who maps them, their ends. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAILED ((void *)-1)

static const char *result(long value)
{
    return value < 0 ? strerror(errno) : "yes";
}

static void show(const char *when, int id)
{
    struct shmid_ds status;

    if (shmctl(id, IPC_STAT, &status) != 0) {
        printf("%s: %s\n", when, strerror(errno));
        return;
    }
    printf("%s: %lu bytes, mode %o, attached %lu times, by itself %d, times %d %d\n", when,
           (unsigned long)status.shm_segsz, status.shm_perm.mode & 0777u,
           (unsigned long)status.shm_nattch, status.shm_cpid == getpid(), status.shm_atime > 0,
           status.shm_dtime > 0);
}

static void keys(key_t key)
{
    int id = shmget(key, 5000, IPC_CREAT | IPC_EXCL | 0600);

    printf("a key: %s", result(id));
    printf(", again %s", result(shmget(key, 5000, IPC_CREAT | IPC_EXCL | 0600)));
    printf(", found %d", shmget(key, 0, 0) == id && shmget(key, 5000, IPC_CREAT | 0600) == id);
    printf(", larger %s", result(shmget(key, 5001, 0)));
    printf(", removed %s", result(shmctl(id, IPC_RMID, NULL)));
    printf(", then %s\n", result(shmget(key, 0, 0)));
    printf("empty: %s\n", result(shmget(IPC_PRIVATE, 0, 0600)));
    printf("not there: %s, %s\n", result(shmctl(id, IPC_RMID, NULL)),
           result(shmat(id, NULL, 0) == FAILED ? -1 : 0));
}

int main(void)
{
    int id = shmget(IPC_PRIVATE, 10000, 0640), status;
    volatile char *here, *again;
    char *fixed = mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    keys((key_t)(0x5eed0000 | getpid()));
    show("new", id);
    here = shmat(id, NULL, 0);
    again = shmat(id, NULL, SHM_RDONLY);
    here[9999] = 'x';
    printf("twice: %d, zero else %d\n", again[9999], again[0] + again[10001]);
    show("attached", id);
    printf("over what is there: %s", result(shmat(id, fixed, 0) == FAILED ? -1 : 0));
    printf(", on purpose %d\n", shmat(id, fixed + 4096, SHM_REMAP) == fixed + 4096);
    printf("unaligned: %s", result(shmat(id, fixed + 1, SHM_REMAP) == FAILED ? -1 : 0));
    printf(", rounded %d\n", shmat(id, fixed + 65536 + 1, SHM_REMAP | SHM_RND) == fixed + 65536);
    fflush(stdout);
    if (fork() == 0) {
        show("in a child", id);
        here[0] = 'c';
        printf("detach: %s", result(shmdt((void *)again)));
        printf(", again: %s", result(shmdt((void *)again)));
        printf(", not its start: %s\n", result(shmdt((char *)here + 4096)));
        fflush(stdout);
        again = shmat(id, NULL, SHM_RDONLY);
        again[0] = 'd';
    }
    wait(&status);
    printf("written read-only: signal %d, but first %c\n", WTERMSIG(status), again[0]);
    show("afterwards", id);
    printf("removed: %s, still %c\n", result(shmctl(id, IPC_RMID, NULL)), again[0]);
    printf("detached: %s", result(shmdt((void *)here)));
    printf(", %s", result(shmdt((void *)again)));
    printf(", %s", result(shmdt(fixed + 4096)));
    printf(", %s", result(shmdt(fixed + 65536)));
    printf(", %s\n", result(shmdt(fixed + 65536)));
    printf("gone: %s\n", result(shmctl(id, IPC_STAT, NULL)));
    return 0;
}
