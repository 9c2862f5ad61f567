import HotPath

/// What the scripts that close, load, open and trim a cell must do, one call at a time.
struct CellRules {
  /// What is loaded from the ledger.
  enum Kind: CaseIterable {
    case hash, answers, popular, record
  }

  private(set) var lease: String?
  private(set) var rebuild: String?
  private(set) var isComplete = false
  private(set) var trimmed: StreamPosition?
  private(set) var told: StreamPosition?
  private(set) var contents: [Kind: [String: String]] = [:]
  private(set) var record: String?
  private(set) var hasStream = false
  private(set) var entries: [StreamPosition] = []
  /// The last position that the stream gave.
  private(set) var last = StreamPosition.zero

  /// The position of the oldest entry; empty without any.
  var oldest: String { entries.first?.description ?? "" }

  /// Lease, nonce, completeness, trimmed, told and record as Redis has them; empty for what is not there.
  var texts: [String] {
    [
      lease ?? "", rebuild ?? "", isComplete ? "1" : "", trimmed?.description ?? "",
      told?.description ?? "", record ?? "",
    ]
  }

  mutating func close(_ nonce: String) -> [String] {
    defer {
      lease = nil
      rebuild = nonce
    }
    return [
      lease ?? "", hasStream ? last.description : "", isComplete ? "1" : "",
      trimmed?.description ?? "",
    ]
  }

  mutating func clear(_ nonce: String) -> Bool {
    guard rebuild == nonce else { return false }
    isComplete = false
    contents = [:]
    record = nil
    return true
  }

  mutating func load(_ kind: Kind, _ nonce: String, _ name: String, _ value: Int) -> Bool {
    guard rebuild == nonce else { return false }
    if kind == .record {
      record = "\(name) \(value)"
    } else {
      contents[kind, default: [:]][name] = "\(value)"
    }
    return true
  }

  mutating func open(
    _ nonce: String, _ lease: String, cursor: StreamPosition, isKept: Bool
  ) -> Bool {
    guard rebuild == nonce else { return false }
    if isKept { guard hasStream, isComplete, last >= cursor else { return false } }
    if !hasStream {
      hasStream = true
      last = StreamPosition(milliseconds: 0, sequence: 1)
    }
    if last < cursor {
      last = cursor
      trimmed = cursor
    }
    isComplete = true
    if !isKept { told = cursor }
    self.lease = lease
    rebuild = nil
    return true
  }

  /// A fact at a position above the last.
  mutating func add(_ position: StreamPosition) {
    hasStream = true
    entries.append(position)
    last = position
  }

  mutating func trim(below: StreamPosition, oldest: String, excess: Int) -> [String] {
    guard hasStream else { return ["0", "0", "0", "", "0-0"] }
    let isSame = oldest == self.oldest
    let before = entries.count
    var gone: StreamPosition?
    let left = max(1, before - excess)
    if isSame, excess > 0, before > left {
      entries.removeFirst(before - left)
      gone = entries[0]
    }
    let young = entries.drop { $0 < below }
    if young.count < entries.count {
      entries = Array(young)
      gone = below
    }
    if let gone { trimmed = max(trimmed ?? .zero, gone) }
    return [
      isSame ? "1" : "0", "\(before - entries.count)", "\(entries.count)", self.oldest,
      last.description,
    ]
  }
}
