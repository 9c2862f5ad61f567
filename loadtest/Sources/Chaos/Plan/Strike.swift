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
    /// `SIGTERM`, and a new start once it has ended in order.
    case restart(ChaosPart)
    /// `FLUSHALL`: everything in Redis is gone, its process lives on.
    case flush
    /// Redis is killed and starts again with its files of a while ago.
    case rollBack
  }

  let kind: Kind
  /// When it happens, from the first claim of the round.
  let moment: Duration
  /// How long the part stays down or frozen.
  let pause: Duration

  var part: ChaosPart? {
    switch kind {
    case .kill(let part), .freeze(let part), .restart(let part): part
    case .rollBack: .redis
    case .flush: nil
    }
  }

  /// When its preparation begins: files to roll back to are taken some time before.
  var preparation: Duration { kind == .rollBack ? moment * 0.6 : moment }

  /// Redis loses facts by it.
  var isWipe: Bool { kind == .flush || kind == .rollBack }

  var description: String {
    switch kind {
    case .kill(let part): "\(part)"
    case .freeze(let part): "\(part) frozen"
    case .restart(let part): "\(part) restarted"
    case .flush: "flush"
    case .rollBack: "redis rolled back"
    }
  }
}
