internal import COpenSSL

/// A secret for HMAC with SHA-256 (RFC 2104), its two padded blocks digested beforehand: each
/// message then costs four blocks less to hash than from scratch, and no allocation.
///
/// `@unchecked Sendable`: the memory is written by `init` and wiped by `deinit` only.
final class HMACKey: @unchecked Sendable {
  static let digestCount = 32
  private static let blockCount = 64

  private let inner: UnsafeMutablePointer<SHA256_CTX>
  private let outer: UnsafeMutablePointer<SHA256_CTX>

  init(secret: [UInt8]) {
    inner = .allocate(capacity: 1)
    outer = .allocate(capacity: 1)
    var block = [UInt8](repeating: 0, count: Self.blockCount)
    if secret.count > Self.blockCount {
      Self.begin(inner, with: secret)
      spillway_sha256_finish(inner, &block)
    } else {
      block.replaceSubrange(0..<secret.count, with: secret)
    }
    Self.begin(inner, with: block.map { $0 ^ 0x36 })
    Self.begin(outer, with: block.map { $0 ^ 0x5C })
    OPENSSL_cleanse(&block, block.count)
  }

  deinit {
    OPENSSL_cleanse(inner, MemoryLayout<SHA256_CTX>.size)
    OPENSSL_cleanse(outer, MemoryLayout<SHA256_CTX>.size)
    inner.deallocate()
    outer.deallocate()
  }

  private static func begin(_ context: UnsafeMutablePointer<SHA256_CTX>, with bytes: [UInt8]) {
    spillway_sha256_begin(context)
    spillway_sha256_update(context, bytes, bytes.count)
  }

  /// Writes the 32 bytes of the code of `message` to `digest`.
  @inline(__always)
  func authenticate(
    _ message: UnsafeRawBufferPointer, into digest: UnsafeMutablePointer<UInt8>
  ) {
    var context = inner.pointee
    spillway_sha256_update(&context, message.baseAddress, message.count)
    spillway_sha256_finish(&context, digest)
    context = outer.pointee
    spillway_sha256_update(&context, digest, Self.digestCount)
    spillway_sha256_finish(&context, digest)
  }

  /// Whether `code` is the code of `message`; takes the same time wherever they differ.
  @inline(__always)
  func verify(_ code: UnsafeRawBufferPointer, of message: UnsafeRawBufferPointer) -> Bool {
    guard code.count == Self.digestCount else { return false }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.digestCount) { digest in
      authenticate(message, into: digest.baseAddress!)
      return CRYPTO_memcmp(digest.baseAddress, code.baseAddress, Self.digestCount) == 0
    }
  }
}
