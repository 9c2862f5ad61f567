internal import Embedded
internal import Foundation
internal import Redis

/// Masters of a Redis Cluster on the loopback, each with an equal range of the slots.
enum ScaleCluster {
  /// Makes the servers, described so that they know each other from the start.
  ///
  /// - Throws: `ScenarioError` when a port or a file cannot be had.
  static func make(
    _ count: Int, in folder: String
  ) throws(ScenarioError) -> (servers: [RedisServer], url: String) {
    var ports: [Int] = []
    while ports.count < 2 * count {
      let port = try LoopbackPort.free()
      if !ports.contains(port) { ports.append(port) }
    }
    var servers: [RedisServer] = []
    for index in 0..<count {
      let directory = "\(folder)/redis-\(index)"
      try describe(ports, seenBy: index, in: "\(directory)/data")
      servers.append(
        RedisServer(
          directory: directory,
          options: .init(
            fsync: .always,
            configuration: [
              "bind 127.0.0.1", "port \(ports[index])", "cluster-enabled yes",
              "cluster-port \(ports[count + index])", "cluster-config-file nodes.conf",
            ])))
    }
    let seeds = ports.prefix(count).map { "127.0.0.1:\($0)" }.joined(separator: ",")
    return (servers, "redis-cluster://\(seeds)")
  }

  /// Writes the `nodes.conf` of one server.
  private static func describe(
    _ ports: [Int], seenBy me: Int, in folder: String
  ) throws(ScenarioError) {
    let count = ports.count / 2
    var text = ""
    for index in 0..<count {
      let first = index * HashSlot.count / count
      let last = (index + 1) * HashSlot.count / count - 1
      text += String(format: "%040x", ports[index])
      text += " 127.0.0.1:\(ports[index])@\(ports[count + index]) "
      text += "\(index == me ? "myself," : "")master - 0 0 \(index + 1) connected "
      text += "\(first)-\(last)\n"
    }
    text += "vars currentEpoch \(count) lastVoteEpoch 0\n"
    try ContenderFolder.make(folder)
    try OutputFile.write(text.utf8, to: "\(folder)/nodes.conf")
    // The server runs as another user and rewrites it.
    chmod("\(folder)/nodes.conf", 0o666)
  }
}
