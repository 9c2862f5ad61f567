internal import EventLoop
internal import Foundation
internal import Glibc

/// Reads what the processes of a server use, from `/proc`; of a server on another machine nothing.
struct ProcessProbe: Sendable {
  /// The processes that listen, and those that were named.
  private let roots: [Int32]

  /// - Parameters:
  ///   - target: the server; its processes are found by the port that they listen on.
  ///   - others: processes of it that do not listen there.
  init(target: Target, others: [Int32]) {
    var roots = others
    if case .tcp(let host, let port) = target.address, Self.isLocal(host) {
      roots += Self.listeners(onPort: port)
    }
    self.roots = roots
  }

  /// What each kind of process uses, by name; descendants of those that listen among them.
  func read() -> [InstallationReading.Processes] {
    var groups: [String: [Int32]] = [:]
    for root in roots {
      groups[Self.name(of: root), default: []].append(root)
      for child in ProcessTree.descendants(of: root) {
        groups[child.name, default: []].append(child.identifier)
      }
    }
    return groups.sorted { $0.key < $1.key }.map { name, members in
      InstallationReading.Processes(
        name: name, count: members.count, memory: members.reduce(0) { $0 + Self.memory(of: $1) },
        descriptors: members.reduce(0) { $0 + Self.descriptors(of: $1) })
    }
  }

  private static func isLocal(_ host: String) -> Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.")
  }

  // MARK: /proc

  /// Private memory in bytes: what is resident, without what is shared with others or with files.
  static func memory(of process: Int32) -> Int {
    let fields = text("/proc/\(process)/statm").split(separator: " ")
    guard fields.count > 2, let resident = Int(fields[1]), let shared = Int(fields[2]) else {
      return 0
    }
    return (resident - shared) * sysconf(Int32(_SC_PAGESIZE))
  }

  static func descriptors(of process: Int32) -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd"))?.count ?? 0
  }

  private static func name(of process: Int32) -> String {
    text("/proc/\(process)/comm").trimmingCharacters(in: .newlines)
  }

  private static func text(_ path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }

  /// How often the kernel's tables are read before a port is taken for one that nobody listens on.
  private static let looks = 10

  /// The processes that listen on a port of this machine, as far as they may be looked into.
  static func listeners(onPort port: Int) -> [Int32] {
    var names: Set<String> = []
    // A table comes in pieces: connections that begin and end between them may hide one that stays.
    for _ in 0..<looks where names.isEmpty {
      let sockets = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap {
        listening(onPort: port, in: text($0))
      }
      names = Set(sockets.map { "socket:[\($0)]" })
    }
    guard !names.isEmpty else { return [] }
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { Int32($0) }.filter { process in
      let folder = "/proc/\(process)/fd"
      let open = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      return open.contains { name in
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
        return link.map(names.contains) ?? false
      }
    }
  }

  /// The inodes of the sockets that listen on `port`, from the kernel's table (proc(5), `/proc/net/tcp`).
  static func listening(onPort port: Int, in table: String) -> [Substring] {
    table.split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: " ", omittingEmptySubsequences: true)
      // 0A is the state of a socket that listens.
      guard fields.count > 9, fields[3] == "0A",
        let colon = fields[1].lastIndex(of: ":"),
        Int(fields[1][fields[1].index(after: colon)...], radix: 16) == port
      else { return nil }
      return fields[9]
    }
  }
}
