internal import Embedded

/// What is compared with what: each is one command with one report.
enum CompareSuite: String, CaseIterable {
  /// Spillway beside webdis, one script call a request.
  case webdis
  /// Spillway beside everything that one would use instead.
  case peers
  /// Spillway with `appendfsync always` beside itself with `everysec`.
  case fsync
  /// One Spillway under more and more connections: batches grow, so a claim gets cheaper.
  case growth
  /// Orders of goods beside claims of coupons.
  case orders
  /// Answers that need no decision beside the one that needs nothing.
  case routes
  /// All that the engine is aimed at, in one run.
  case objectives

  /// The names of all, for help and complaints.
  static var names: String {
    let names = allCases.map(\.rawValue)
    return names.dropLast().joined(separator: ", ") + " or \(names.last!)"
  }

  /// The measurement that others are told in relation to.
  enum Reference: Equatable {
    /// The same load of this contender, by requests a second.
    case contender(String)
    /// How many times this contender's requests a second, and its CPU, others would need.
    case leader(String)
    /// This load of the same contender, by requests a second.
    case load(CompareLoad)
    /// The same load with this many connections, by CPU of all parts for a request.
    case connections(Int)
  }

  var loads: [CompareLoad] {
    switch self {
    case .webdis: [.winning, .soldOut, .fixed]
    case .peers: [.winning, .soldOut]
    case .fsync, .growth: [.winning]
    case .orders: [.winning, .keyed, .order, .limitedOrder]
    case .routes: [.fixed, .poll, .refused]
    case .objectives: [.winning, .soldOut, .fixed, .poll, .paidAtHalf, .paid]
    }
  }

  var connections: [Int] {
    switch self {
    case .webdis, .peers, .fsync, .orders, .routes: [64, 256]
    case .growth: [16, 64, 256, 1024]
    case .objectives: [256]
    }
  }

  /// How often every case is measured unless told otherwise.
  var rounds: Int { self == .objectives ? 5 : 3 }

  /// Whether a contender is measured under a load that it can take part in: of peers the objectives need
  /// winning claims only.
  func measures(_ contender: String, _ load: CompareLoad) -> Bool {
    self != .objectives || load == .winning || contender == SpillwayContender.title
  }

  func reference(connections: [Int]) -> Reference {
    switch self {
    case .webdis: .contender(WebdisContender.title)
    case .peers, .objectives: .leader(SpillwayContender.title)
    case .fsync: .contender(Self.name(of: .everySecond))
    case .growth: .connections(connections[0])
    case .orders: .load(.winning)
    case .routes: .load(.fixed)
    }
  }

  /// The peers that are measured unless others are named.
  var peers: [Peer] {
    switch self {
    case .webdis: [.webdis]
    case .peers: Peer.allCases
    case .objectives: [.webdis, .fastapi]
    case .fsync, .growth, .orders, .routes: []
    }
  }

  /// Spillway where claims wait for the ledger, as services that write to a database do.
  static let patient = "spillway, ledger"

  /// The systems that are told apart by their Redis' durability.
  static func name(of policy: RedisServer.Fsync) -> String { "spillway, \(policy.rawValue)" }
}

extension CompareSuite.Reference {
  /// The head of the report's last column.
  var title: String {
    switch self {
    case .contender(let name): "× \(name)"
    case .leader(let name): "\(name) ÷ it"
    case .load(let load): "× \(load.rawValue)"
    case .connections(let count): "CPU × that at \(count)"
    }
  }
}
