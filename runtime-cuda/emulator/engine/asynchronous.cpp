#include "engine/asynchronous.h"
namespace sigil::emulator {
bool deliver_some(Machine&) { return false; }
void check_thread_end(Thread&) {}
void finish_stores(Thread&) {}
void check_cluster_end(Machine&) {}
void reset_products(Warp&) {}
}
