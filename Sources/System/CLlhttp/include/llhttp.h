// The parser is Debian's: node-llhttp installs its C sources, and this target compiles them.
#include "/usr/share/include/llhttp/llhttp.h"
