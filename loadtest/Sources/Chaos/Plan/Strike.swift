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
    /// All connections of a line are cut; new ones get through.
    case cut(ChaosLink)
    /// No connection of a line lives for a while.
    case sever(ChaosLink)
    /// What is sent over a line takes so long for a while, in each direction.
    case delay(ChaosLink, Duration)
    /// There is no room for another write on the server's disk; it starts again once there is.
    case fillDisk(ChaosLink.Server)
    /// The process is killed and runs with a clock that is off by so much, for a while.
    case stepClock(ChaosPart, Duration)
    /// Redis' machine loses its power: what was written to its file for so long before is gone, as it may be
    /// with `appendfsync everysec`.
    case losePower(Duration)
    /// Redis dies with its disk, and a replica that hot answers wait for takes its place.
    case failOver
    /// Redis dies, and a replica that lags behind takes its place.
    case promote
  }

  let kind: Kind
  /// When it happens, from the first claim of the round.
  let moment: Duration
  /// How long the part stays down or frozen.
  let pause: Duration

  var part: ChaosPart? {
    switch kind {
    case .kill(let part), .freeze(let part), .restart(let part), .stepClock(let part, _): part
    case .rollBack, .promote, .failOver, .losePower, .fillDisk(.redis): .redis
    case .fillDisk(.postgres): .postgres
    case .flush, .cut, .sever, .delay: nil
    }
  }

  /// The line that it strikes.
  var link: ChaosLink? {
    switch kind {
    case .cut(let link), .sever(let link), .delay(let link, _): link
    default: nil
    }
  }

  /// When its preparation begins: files to roll back to are taken some time before, and a replica is
  /// started.
  var preparation: Duration {
    switch kind {
    case .rollBack, .promote: moment * 0.6
    case .losePower(let lost): max(.zero, moment - lost)
    default: moment
    }
  }

  /// Redis loses facts by it.
  var isWipe: Bool { kind.isWipe }

  var description: String {
    switch kind {
    case .kill(let part): "\(part)"
    case .freeze(let part): "\(part) frozen"
    case .restart(let part): "\(part) restarted"
    case .flush: "flush"
    case .rollBack: "redis rolled back"
    case .cut(let link): "\(link) cut"
    case .sever(let link): "\(link) severed"
    case .delay(let link, let delay): "\(link) slow by \(delay.milliseconds) ms"
    case .fillDisk(let server): "disk of \(server.rawValue) full"
    case .stepClock(let part, let step): "clock of \(part) \(Self.text(step))"
    case .losePower(let lost): "redis without power, its last \(lost.milliseconds) ms lost"
    case .failOver: "replica that confirmed promoted"
    case .promote: "lagging replica promoted"
    }
  }

  private static func text(_ step: Duration) -> String {
    "\(step > .zero ? "+" : "")\(step.components.seconds) s"
  }
}

extension Strike.Kind {
  /// Redis loses facts by it.
  var isWipe: Bool { self == .flush || self == .rollBack || self == .promote }
}
