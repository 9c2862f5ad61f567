public import Domain
internal import Glibc
public import Telemetry

/// Remembers tokens that were verified, so that a costly signature is checked once and not at each
/// request. Answers exactly as the verifier would. Confined to one loop.
///
/// Where all keys are of HS256 nothing is remembered: in a crowd of users, to find a token in memory that
/// the processor does not have at hand, and mostly in vain, takes nearly as long as to verify it.
///
/// A set-associative table: a token's hash names a set of eight places, and the whole token is
/// compared. A full set gives up a place that was not used since the hand last passed (the clock
/// rule). Refusals are not remembered, so nobody without a valid token can fill the table.
public final class TokenCache {
  private let verifier: TokenVerifier
  private var hashes: [UInt64]
  private var entries: [Entry]
  private var hands: [UInt8]
  private let remembers: Bool
  private let mask: Int
  private let seed: UInt64
  private let hits: Counter?
  private let misses: Counter?
  /// One for each reason.
  private let refusals: [TokenRefusal: Counter]

  /// Tokens that one set holds.
  private static let ways = 8
  /// Longest token in bytes that is remembered.
  public static let maximumTokenCount = 1024
  /// How many tokens a cache holds by default; with the bound above, at most 16 MiB.
  public static let defaultCapacity = 16_384

  private struct Entry {
    var token: [UInt8] = []
    var principal: Principal?
    var end = Instant(milliseconds: .min)
    var wasUsed = false
  }

  /// Holds up to `capacity` tokens, rounded up to a power of two.
  public init(
    verifier: TokenVerifier, capacity: Int = TokenCache.defaultCapacity,
    metrics: MetricsRegistry? = nil
  ) {
    self.verifier = verifier
    remembers = verifier.ring.keys.contains { $0.algorithm != .hs256 }
    var sets = 1
    while sets * Self.ways < capacity { sets *= 2 }
    mask = sets - 1
    let places = remembers ? sets * Self.ways : 0
    hashes = Array(repeating: 0, count: places)
    entries = Array(repeating: Entry(), count: places)
    hands = Array(repeating: 0, count: remembers ? sets : 0)
    seed = .random(in: 0 ... .max)
    let name = "spillway_token_cache_total"
    let help = "Access tokens looked up in the cache of verified ones."
    hits = metrics?.counter(name, help, labels: [("result", "hit")])
    misses = metrics?.counter(name, help, labels: [("result", "miss")])
    var refusals: [TokenRefusal: Counter] = [:]
    for refusal in TokenRefusal.allCases {
      refusals[refusal] = metrics?.counter(
        "spillway_token_refusals_total", "Access tokens that were not accepted, by reason.",
        labels: [("reason", refusal.rawValue)])
    }
    self.refusals = refusals
  }

  /// As ``TokenVerifier/verify(bytes:tenant:now:)``.
  public func verify(
    bytes token: UnsafeRawBufferPointer, tenant: TenantID, now: Instant
  ) -> Result<Principal, TokenRefusal> {
    let result = find(token, tenant, now)
    if case .failure(let refusal) = result { refusals[refusal]?.add() }
    return result
  }

  @inline(__always)
  private func find(
    _ token: UnsafeRawBufferPointer, _ tenant: TenantID, _ now: Instant
  ) -> Result<Principal, TokenRefusal> {
    guard remembers, token.count <= Self.maximumTokenCount else {
      return verifier.verify(bytes: token, tenant: tenant, now: now)
    }
    let hash = hash(of: token)
    if let place = place(of: token, hash), let principal = entries[place].principal {
      if now < entries[place].end {
        entries[place].wasUsed = true
        hits?.add()
        return principal.tenant == tenant ? .success(principal) : .failure(.wrongTenant)
      }
      clear(place)
    }
    misses?.add()
    let result = verifier.verify(bytes: token, tenant: tenant, now: now)
    if case .success(let principal) = result { insert(token, hash, principal, now) }
    return result
  }

  /// Tokens that are held.
  public var count: Int { hashes.count { $0 != 0 } }

  // MARK: Places

  private func place(of token: UnsafeRawBufferPointer, _ hash: UInt64) -> Int? {
    let first = (Int(truncatingIfNeeded: hash) & mask) * Self.ways
    for place in first..<first + Self.ways where hashes[place] == hash {
      let isEqual = entries[place].token.withUnsafeBytes { kept in
        kept.count == token.count && memcmp(kept.baseAddress!, token.baseAddress!, kept.count) == 0
      }
      if isEqual { return place }
    }
    return nil
  }

  private func insert(
    _ token: UnsafeRawBufferPointer, _ hash: UInt64, _ principal: Principal, _ now: Instant
  ) {
    let place = freePlace(inSetOf: hash, now)
    hashes[place] = hash
    entries[place] = Entry(
      token: Array(token), principal: principal, end: TokenRules.end(principal.expiresAt))
  }

  private func freePlace(inSetOf hash: UInt64, _ now: Instant) -> Int {
    let set = Int(truncatingIfNeeded: hash) & mask
    let first = set * Self.ways
    for place in first..<first + Self.ways where hashes[place] == 0 || entries[place].end <= now {
      return place
    }
    while true {
      let place = first + Int(hands[set])
      hands[set] = (hands[set] + 1) % UInt8(Self.ways)
      if !entries[place].wasUsed { return place }
      entries[place].wasUsed = false
    }
  }

  private func clear(_ place: Int) {
    hashes[place] = 0
    entries[place] = Entry()
  }

  /// Of the last 16 bytes, which belong to the signature and are as good as random, the length and
  /// a seed that nobody outside knows. Never 0, which marks a free place.
  private func hash(of token: UnsafeRawBufferPointer) -> UInt64 {
    guard token.count >= 16 else { return 1 }
    let a = token.loadUnaligned(fromByteOffset: token.count - 16, as: UInt64.self)
    let b = token.loadUnaligned(fromByteOffset: token.count - 8, as: UInt64.self)
    let mixed = (a ^ seed).multipliedFullWidth(by: (b ^ 0x9E37_79B9_7F4A_7C15) | 1)
    return (mixed.high ^ mixed.low ^ UInt64(token.count)) | 1 << 63
  }
}
