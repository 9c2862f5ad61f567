// Timers as descriptors, which Swift's Glibc module leaves out.
#include <sys/timerfd.h>
