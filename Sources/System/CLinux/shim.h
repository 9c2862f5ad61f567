// Calls of Linux and its C library that Swift's Glibc module leaves out.
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>

// prctl is variadic, which Swift cannot call.
static inline void spillway_name_current_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

// In the C library since 2.34; its header tells only some compilers.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

static inline int spillway_close_from(posix_spawn_file_actions_t *actions, int from) {
  return posix_spawn_file_actions_addclosefrom_np(actions, from);
}
