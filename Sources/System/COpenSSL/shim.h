#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>

// A key on P-256 from its uncompressed point and its secret scalar, or NULL for a public key only.
// In C, since a parameter list keeps the addresses of the names that it is given, and a string of
// Swift has no lasting one.
static inline EVP_PKEY *spillway_p256_key(
    const unsigned char *point, size_t count, const BIGNUM *scalar) {
  EVP_PKEY *key = NULL;
  OSSL_PARAM *parameters = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  if (context && builder
      && OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0)
      && OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, count)
      && (!scalar || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar))
      && (parameters = OSSL_PARAM_BLD_to_param(builder))
      && EVP_PKEY_fromdata_init(context) == 1) {
    int selection = scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    if (EVP_PKEY_fromdata(context, &key, selection, parameters) != 1) key = NULL;
  }
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  EVP_PKEY_CTX_free(context);
  return key;
}

// The digest's own functions, deprecated in favour of EVP. A keyed digest that is begun once and
// copied for each message costs a fraction of an EVP context; only these functions can be copied so.
static inline void spillway_sha256_begin(SHA256_CTX *context) { SHA256_Init(context); }

static inline void spillway_sha256_update(SHA256_CTX *context, const void *bytes, size_t count) {
  SHA256_Update(context, bytes, count);
}

static inline void spillway_sha256_finish(SHA256_CTX *context, unsigned char *digest) {
  SHA256_Final(digest, context);
}
