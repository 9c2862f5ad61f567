public import Domain
internal import Redis

/// A batch of requests laid out as the script that charges wants it.
struct RateBatch {
  let operations: [RateOperation]
  private var policies: [HotRatePolicy] = []
  private var keys: [[UInt8]] = []
  /// For each policy the number of the key that it was last seen with: what counts a whole tenant is
  /// sent once.
  private var lastKeys: [Int] = []
  /// For each item of each operation the numbers of its key and its policy, from 1.
  private var numbers: [(key: Int, policy: Int)] = []

  init(_ operations: [RateOperation]) {
    self.operations = operations
    for operation in operations {
      for item in operation.items { place(item) }
    }
  }

  private mutating func place(_ item: RateItem) {
    let policy: Int
    if let known = policies.firstIndex(where: { $0 === item.policy }) {
      policy = known
    } else {
      policies.append(item.policy)
      lastKeys.append(0)
      policy = policies.count - 1
    }
    var key = lastKeys[policy]
    if key == 0 || keys[key - 1] != item.key {
      keys.append(item.key)
      key = keys.count
      lastKeys[policy] = key
    }
    numbers.append((key, policy + 1))
  }

  var keyCount: Int { keys.count }

  var argumentCount: Int { 2 + 6 * policies.count + 3 * operations.count + 2 * numbers.count }

  func writeKeys(into writer: inout RedisCommandWriter) {
    for key in keys { writer.argument(key) }
  }

  func writeArguments(into writer: inout RedisCommandWriter) {
    writer.argument(policies.count)
    for policy in policies { Self.write(policy, into: &writer) }
    writer.argument(operations.count)
    var next = 0
    for operation in operations {
      writer.argument(operation.action.mark)
      writer.argument(operation.cost)
      writer.argument(operation.items.count)
      for number in numbers[next..<next + operation.items.count] {
        writer.argument(number.key)
        writer.argument(number.policy)
      }
      next += operation.items.count
    }
  }

  private static func write(_ policy: HotRatePolicy, into writer: inout RedisCommandWriter) {
    let quota = policy.quota
    writer.argument(quota.limit)
    writer.argument(quota.windowMicroseconds / quota.limit)
    writer.argument(quota.windowMicroseconds % quota.limit)
    writer.argument(quota.fullLead / quota.limit)
    writer.argument(quota.fullLead % quota.limit)
    writer.argument(policy.isShadow ? 1 : 0)
  }
}

extension RateRules.Action {
  /// The word that the script has for it.
  public var mark: StaticString {
    switch self {
    case .charge: "C"
    case .peek: "P"
    case .refund: "R"
    }
  }
}
