internal import Domain
internal import HotPath

/// What one loop remembers of keys that Redis refused, to refuse them itself until their time has come.
///
/// A pure state machine: time comes in as microseconds of the loop's clock, nothing is called. It never
/// refuses what Redis would let through: a key's theoretical arrival only moves on, so what is known of
/// it can only be too early; it is put on the loop's clock as if Redis had answered the moment it was
/// asked; and a clock that runs slow is allowed for. Whatever makes an arrival move back, a refund
/// elsewhere or a wipe, is noticed within ``Bounds/beliefMicroseconds``, when one request is let through
/// to ask again.
struct DenyCache {
  enum Bounds {
    /// Keys that are remembered; further ones are asked for in Redis, which is right, only slower.
    static let entries = 65_536
    /// How long an answer is believed without being confirmed.
    static let beliefMicroseconds = 2_000_000
    /// How much longer, while one request is on its way to confirm it.
    static let probeMicroseconds = 250_000
    /// The share of elapsed time, one in so many, by which the loop's clock may be behind Redis'.
    static let driftDivisor = 1_000
    /// How often, at most, the keys whose time has come are looked for when there is no room.
    static let sweepMicroseconds = 1_000_000
  }

  /// A policy, by the number that the loop gave it, and whose requests it counts together.
  struct Key: Hashable {
    let policy: Int
    let subject: RateSubject
  }

  private struct Entry {
    let arrival: TheoreticalArrival
    let quota: RateQuota
    let cost: Int
    let confirmedAt: Int
    var believedUntil: Int
  }

  private var entries: [Key: Entry] = [:]
  private var sweptAt = 0

  var count: Int { entries.count }

  /// The lead of a key that refuses a request of `cost` at `now`; nil when Redis has to be asked.
  mutating func refusal(of key: Key, quota: RateQuota, cost: Int, now: Int) -> Int? {
    if entries.isEmpty { return nil }
    guard let entry = entries[key] else { return nil }
    let latest = now + max(0, now - entry.confirmedAt) / Bounds.driftDivisor
    guard quota.charged(quota.lead(of: entry.arrival, at: latest), cost: cost) == nil else {
      entries[key] = nil
      return nil
    }
    if now >= entry.believedUntil {
      entries[key]!.believedUntil = now + Bounds.probeMicroseconds
      return nil
    }
    return quota.lead(of: entry.arrival, at: now)
  }

  /// Remembers that Redis refused a request of `cost`: the key had `lead` at `sentAt` or later.
  mutating func remember(_ key: Key, quota: RateQuota, cost: Int, lead: Int, sentAt: Int) {
    if entries.count >= Bounds.entries, entries[key] == nil {
      sweep(now: sentAt)
      guard entries.count < Bounds.entries else { return }
    }
    entries[key] = Entry(
      arrival: quota.arrival(lead: lead, at: sentAt), quota: quota, cost: cost,
      confirmedAt: sentAt, believedUntil: sentAt + Bounds.beliefMicroseconds)
  }

  mutating func forget(_ key: Key) {
    if !entries.isEmpty { entries[key] = nil }
  }

  mutating func forgetAll() { entries.removeAll() }

  private mutating func sweep(now: Int) {
    guard now - sweptAt >= Bounds.sweepMicroseconds else { return }
    sweptAt = now
    entries = entries.filter { _, entry in
      entry.quota.charged(entry.quota.lead(of: entry.arrival, at: now), cost: entry.cost) == nil
    }
  }
}
