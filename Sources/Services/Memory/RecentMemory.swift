/// Remembers what was last asked for, up to a number or a size. Each look costs a dictionary's look or two.
///
/// Two generations: what is put or found goes into the young one; when that is full, it becomes the old
/// one, and what was old and not asked for since is forgotten.
public struct RecentMemory<Key: Hashable, Value> {
  private typealias Entry = (value: Value, cost: Int)

  /// What all that is remembered may cost together.
  public let capacity: Int
  private var young: [Key: Entry] = [:]
  private var old: [Key: Entry] = [:]
  private var youngCost = 0
  private var oldCost = 0

  /// - Parameter capacity: values, or what they may cost together; at least 2.
  public init(capacity: Int) {
    precondition(capacity >= 2, "a memory without room")
    self.capacity = capacity
  }

  public var count: Int { young.count + old.count }

  /// What all that is remembered costs.
  public var cost: Int { youngCost + oldCost }

  /// The value of `key`, which is then among the last asked for.
  public mutating func find(_ key: Key) -> Value? {
    if let entry = young[key] { return entry.value }
    guard let entry = old[key] else { return nil }
    put(entry.value, for: key, cost: entry.cost)
    return entry.value
  }

  /// Remembers a value; one that costs more than half of all that may be is not remembered.
  ///
  /// - Parameter cost: above 0; 1 where values are counted.
  public mutating func put(_ value: Value, for key: Key, cost: Int = 1) {
    precondition(cost > 0, "a memory of nothing")
    remove(key)
    guard cost <= capacity / 2 else { return }
    if youngCost + cost > capacity / 2 {
      old = young
      oldCost = youngCost
      young = [:]
      youngCost = 0
    }
    young[key] = (value, cost)
    youngCost += cost
  }

  public mutating func remove(_ key: Key) {
    if let entry = young.removeValue(forKey: key) { youngCost -= entry.cost }
    if let entry = old.removeValue(forKey: key) { oldCost -= entry.cost }
  }

  public mutating func removeAll() {
    young = [:]
    old = [:]
    youngCost = 0
    oldCost = 0
  }
}
