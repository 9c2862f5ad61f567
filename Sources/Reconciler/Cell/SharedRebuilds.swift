internal import Redis

/// What the rebuilds of one reconciler share. Loop-confined.
///
/// Bounds how many of them read a snapshot at once: each holds a connection of the pool for as long, and needs
/// another to show signs of life. And walks through the keys of a server once for all cells that ask together.
final class SharedRebuilds {
  private var free: Int
  private var walks: [ObjectIdentifier: KeyWalk] = [:]

  init(places: Int = 2) { free = places }

  func enter() -> Bool {
    guard free > 0 else { return false }
    free -= 1
    return true
  }

  func leave() { free += 1 }

  /// Walks through the server that `client` leads to.
  func walk(of client: RedisClient, _ limits: ReconcilerLimits) -> KeyWalk {
    if let walk = walks[ObjectIdentifier(client)] { return walk }
    let walk = KeyWalk(client, limits)
    walks[ObjectIdentifier(client)] = walk
    return walk
  }
}
