/* hyp_host_v1: the C boundary between the HypnoScript host and its plugins.
 *
 * Rules of this boundary:
 * - Structures start with their size. Later minor versions append fields; nothing moves or changes.
 * - Whoever reads a structure copies as many bytes as both sides know and takes the rest as zero.
 *   A longer structure is fine as long as its unknown tail is zero.
 * - Values are handles, never pointers. A stale or foreign handle gives HYP_E_HANDLE.
 * - Strings are pointer and length, UTF-8, not terminated, borrowed for the duration of the call.
 * - Who allocates frees. No allocator is shared.
 * - Nothing unwinds or jumps across, in either direction.
 * - What is not in this file is not part of the boundary.
 *
 * Version 1.0 is not frozen before the first release that loads plugins.
 */
#ifndef HYP_HOST_V1_H
#define HYP_HOST_V1_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define HYP_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define HYP_EXPORT __attribute__((visibility("default")))
#else
#define HYP_EXPORT
#endif

/* "HYP1", little endian. */
#define HYP_MAGIC UINT32_C(0x31505948)
#define HYP_ABI_MAJOR 1
#define HYP_ABI_MINOR 0

/* What a call reports: 0 is success, negative numbers are errors, positive ones are reserved.
 * An unknown error counts as HYP_E_PLUGIN. */
typedef int32_t hyp_status;
#define HYP_OK 0
#define HYP_E_TYPE (-1)       /* a value of another kind is needed */
#define HYP_E_ARG (-2)        /* an argument makes no sense: null pointer, text that is not UTF-8 */
#define HYP_E_RANGE (-3)      /* an index, length or number is out of range */
#define HYP_E_HANDLE (-4)     /* a handle is stale, foreign, freed or made up */
#define HYP_E_THREAD (-5)     /* called from a thread that does not own the machine */
#define HYP_E_SCOPE (-6)      /* a context or scope is used outside of its life */
#define HYP_E_DEPTH (-7)      /* host, script and plugin call each other too deeply */
#define HYP_E_CAP (-8)        /* a capability was not granted */
#define HYP_E_MEMORY (-9)     /* a memory limit was reached */
#define HYP_E_INTERRUPT (-10) /* the program is being stopped: return at once */
#define HYP_E_THROW (-11)     /* script code raised an error */
#define HYP_E_ABI (-12)       /* versions or structures do not fit */
#define HYP_E_RETIRED (-13)   /* the function does nothing any more */
#define HYP_E_PLUGIN (-14)    /* an error of the plugin itself */
#define HYP_E_DIED (-15)      /* an isolated plugin has ended */

/* Handle of a value; lives until its scope closes. */
typedef struct hyp_value {
  uint64_t bits;
} hyp_value;

/* Handle of a value that lives until it is freed. */
typedef struct hyp_ref {
  uint64_t bits;
} hyp_ref;

/* Borrowed UTF-8 text. `ptr` may be null only if `len` is 0. */
typedef struct hyp_str {
  const uint8_t *ptr;
  size_t len;
} hyp_str;

/* Type of a native object, chosen at random by its plugin. */
typedef struct hyp_tag {
  uint64_t hi;
  uint64_t lo;
} hyp_tag;

/* What a callback receives; valid inside that callback only. */
typedef struct hyp_ctx hyp_ctx;
/* What finalisers receive: good for freeing, and for nothing else. */
typedef struct hyp_fin_ctx hyp_fin_ctx;

/* A function that scripts can call. */
typedef hyp_status (*hyp_fn)(hyp_ctx *ctx, void *user, const hyp_value *args, uint32_t n_args,
                             hyp_value *ret);
typedef void (*hyp_finalizer)(hyp_fin_ctx *ctx, void *data, void *hint);

/* The host's functions. This version has the head only; later ones append functions. */
typedef struct hyp_host_v1 {
  uint32_t struct_size;
  uint32_t magic;
  uint16_t abi_major;
  uint16_t abi_minor;
  uint32_t reserved0;
  uint64_t features;
} hyp_host_v1;

/* Whether the host has a function. */
#define HYP_HAS(host, slot) \
  ((host)->struct_size >= offsetof(hyp_host_v1, slot) + sizeof((host)->slot))

/* What a plugin says of itself. */
typedef struct hyp_plugin_v1 {
  uint32_t struct_size;   /* sizeof(hyp_plugin_v1) as the plugin was compiled */
  uint32_t magic;         /* HYP_MAGIC */
  uint16_t abi_major;     /* HYP_ABI_MAJOR */
  uint16_t abi_minor_min; /* the oldest minor version of the host that will do */
  uint32_t reserved0;     /* 0 */
  uint64_t caps_required; /* without these the plugin cannot work */
  uint64_t caps_optional; /* with these it can do more */
  hyp_str name;
  hyp_str version;
  hyp_status (*start)(const hyp_host_v1 *host, hyp_ctx *ctx, void **state);
  void (*stop)(hyp_fin_ctx *ctx, void *state); /* may be null */
} hyp_plugin_v1;

/* The one symbol of a plugin. It returns a descriptor that is never freed. */
HYP_EXPORT const hyp_plugin_v1 *hyp_plugin_query_v1(void);

#ifdef __cplusplus
}
#define HYP_STATIC_ASSERT static_assert
#else
#define HYP_STATIC_ASSERT _Static_assert
#endif

HYP_STATIC_ASSERT(sizeof(hyp_value) == 8, "layout of hyp_value");
HYP_STATIC_ASSERT(sizeof(hyp_ref) == 8, "layout of hyp_ref");
HYP_STATIC_ASSERT(sizeof(hyp_tag) == 16, "layout of hyp_tag");
HYP_STATIC_ASSERT(sizeof(hyp_host_v1) == 24, "layout of hyp_host_v1");
HYP_STATIC_ASSERT(offsetof(hyp_host_v1, features) == 16, "layout of hyp_host_v1");
HYP_STATIC_ASSERT(offsetof(hyp_plugin_v1, abi_major) == 8, "layout of hyp_plugin_v1");
HYP_STATIC_ASSERT(offsetof(hyp_plugin_v1, caps_required) == 16, "layout of hyp_plugin_v1");
HYP_STATIC_ASSERT(offsetof(hyp_plugin_v1, name) == 32, "layout of hyp_plugin_v1");
HYP_STATIC_ASSERT(sizeof(void *) != 8 || sizeof(hyp_plugin_v1) == 80, "layout of hyp_plugin_v1");

#endif
