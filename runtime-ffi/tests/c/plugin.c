/* A plugin that does nothing: the least that must compile without warnings. */
#include "hyp_host_v1.h"

static hyp_status start(const hyp_host_v1 *host, hyp_ctx *ctx, void **state) {
  (void)ctx;
  *state = NULL;
  return HYP_HAS(host, features) ? HYP_OK : HYP_E_ABI;
}

static const uint8_t name[] = "nothing";
static const uint8_t version[] = "1.0";

static const hyp_plugin_v1 plugin = {
    sizeof(hyp_plugin_v1), HYP_MAGIC, HYP_ABI_MAJOR, HYP_ABI_MINOR, 0, 0, 0,
    {name, sizeof(name) - 1}, {version, sizeof(version) - 1}, start, NULL,
};

const hyp_plugin_v1 *hyp_plugin_query_v1(void) { return &plugin; }
