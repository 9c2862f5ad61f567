/// Remembers what was last asked for, up to a number. Each look costs a dictionary's look or two.
///
/// Two generations: what is put or found goes into the young one; when that is full, it becomes the old
/// one, and what was old and not asked for since is forgotten.
public struct RecentMemory<Key: Hashable, Value> {
  /// How many are remembered at most.
  public let capacity: Int
  private var young: [Key: Value] = [:]
  private var old: [Key: Value] = [:]

  /// - Parameter capacity: at least 2.
  public init(capacity: Int) {
    precondition(capacity >= 2, "a memory without room")
    self.capacity = capacity
  }

  public var count: Int { young.count + old.count }

  /// The value of `key`, which is then among the last asked for.
  public mutating func find(_ key: Key) -> Value? {
    if let value = young[key] { return value }
    guard let value = old.removeValue(forKey: key) else { return nil }
    put(value, for: key)
    return value
  }

  public mutating func put(_ value: Value, for key: Key) {
    old[key] = nil
    if young.count >= capacity / 2, young[key] == nil {
      old = young
      young = [:]
    }
    young[key] = value
  }

  public mutating func remove(_ key: Key) {
    young[key] = nil
    old[key] = nil
  }

  public mutating func removeAll() {
    young = [:]
    old = [:]
  }
}
