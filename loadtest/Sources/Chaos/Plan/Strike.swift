/// A part of the installation that can be struck.
enum ChaosPart: Hashable, Sendable, CustomStringConvertible {
  case redis
  case postgres
  /// An API process, numbered from 0.
  case api(Int)
  /// A reconciler, numbered from 0.
  case reconciler(Int)

  var description: String {
    switch self {
    case .redis: "redis"
    case .postgres: "postgres"
    case .api(let number): "api-\(number + 1)"
    case .reconciler(let number): "reconciler-\(number + 1)"
    }
  }
}

/// Something bad that happens at a moment of a round.
struct Strike: Equatable, Sendable, CustomStringConvertible {
  enum Kind: Equatable, Sendable {
    /// `SIGKILL`, and a new start after a while.
    case kill(ChaosPart)
    /// `SIGSTOP`, and `SIGCONT` after a while.
    case freeze(ChaosPart)
    /// `FLUSHALL`: everything in Redis is gone, its process lives on.
    case flush
  }

  let kind: Kind
  /// When it happens, from the first claim of the round.
  let moment: Duration
  /// How long the part stays down or frozen.
  let pause: Duration

  var part: ChaosPart? {
    switch kind {
    case .kill(let part), .freeze(let part): part
    case .flush: nil
    }
  }

  var description: String {
    switch kind {
    case .kill(let part): "\(part)"
    case .freeze(let part): "\(part) frozen"
    case .flush: "flush"
    }
  }
}
