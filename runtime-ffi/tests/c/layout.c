/* Prints what the C compiler makes of the header, for comparison with the Rust side. */
#include "hyp_host_v1.h"
#include <stdio.h>

#define SIZE(type) printf("%s %zu\n", #type, sizeof(type))
#define OFFSET(type, field) printf("%s.%s %zu\n", #type, #field, offsetof(type, field))
#define STATUS(name) printf("%s %d\n", #name, (int)(name))

int main(void) {
  SIZE(hyp_value);
  SIZE(hyp_ref);
  SIZE(hyp_str);
  SIZE(hyp_tag);
  SIZE(hyp_host_v1);
  SIZE(hyp_plugin_v1);
  OFFSET(hyp_host_v1, abi_minor);
  OFFSET(hyp_host_v1, features);
  OFFSET(hyp_plugin_v1, abi_minor_min);
  OFFSET(hyp_plugin_v1, caps_optional);
  OFFSET(hyp_plugin_v1, name);
  OFFSET(hyp_plugin_v1, version);
  OFFSET(hyp_plugin_v1, start);
  OFFSET(hyp_plugin_v1, stop);
  printf("HYP_MAGIC %lu\n", (unsigned long)HYP_MAGIC);
  STATUS(HYP_OK);
  STATUS(HYP_E_TYPE);
  STATUS(HYP_E_ARG);
  STATUS(HYP_E_RANGE);
  STATUS(HYP_E_HANDLE);
  STATUS(HYP_E_THREAD);
  STATUS(HYP_E_SCOPE);
  STATUS(HYP_E_DEPTH);
  STATUS(HYP_E_CAP);
  STATUS(HYP_E_MEMORY);
  STATUS(HYP_E_INTERRUPT);
  STATUS(HYP_E_THROW);
  STATUS(HYP_E_ABI);
  STATUS(HYP_E_RETIRED);
  STATUS(HYP_E_PLUGIN);
  STATUS(HYP_E_DIED);
  return 0;
}
