import Foundation
import Testing

@testable import spillway_loadtest

@Suite struct PeerConfigurationTests {
  @Test func `a template takes exactly the values that it names`() throws {
    let template = ConfigurationTemplate(Array("a {{one}} b {{two}}{{one}};".utf8))
    #expect(try template.filled(["one": "1", "two": "{2}"]) == "a 1 b {2}1;")
    #expect(throws: ScenarioError.self) { try template.filled(["one": "1"]) }
    #expect(throws: ScenarioError.self) {
      try template.filled(["one": "1", "two": "2", "three": "3"])
    }
    #expect(throws: ScenarioError.self) {
      try ConfigurationTemplate(Array("a {{one".utf8)).filled(["one": "1"])
    }
  }

  @Test func `nginx is told where it listens, what it calls and how many connections it keeps`()
    throws
  {
    let text = try NginxContender.configuration(
      port: 4711, socket: "/run/r.sock", digest: "abc", folder: "/tmp/peer", connections: 256)
    #expect(text.contains("listen 127.0.0.1:4711 reuseport"))
    #expect(text.contains("configure('unix:/run/r.sock', 'abc', 256)"))
    #expect(text.contains("pid /tmp/peer/nginx.pid;"))
    #expect(text.contains("worker_processes \(ProcessInfo.processInfo.processorCount);"))
    #expect(!text.contains("{{"))
  }

  @Test func `webdis' configuration is JSON`() throws {
    let text = WebdisContender.configuration(port: 4711, socket: "/run/r.sock", folder: "/tmp/peer")
    let values = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(values["redis_host"] as? String == "/run/r.sock")
    #expect(values["http_port"] as? Int == 4711)
    #expect(values["threads"] as? Int == ProcessInfo.processInfo.processorCount)
    #expect(values["daemonize"] as? Bool == false)
  }

  @Test func `uvicorn runs the service with its fastest parts on the loopback address`() {
    let line = FastAPIContender.command(python: "/env/bin/python", port: 4711, folder: "/tmp/peer")
      .joined(separator: " ")
    #expect(line.hasPrefix("/env/bin/python -m uvicorn service:app --app-dir /tmp/peer"))
    let workers = ProcessInfo.processInfo.processorCount
    #expect(
      line.contains(
        "--host 127.0.0.1 --port 4711 --workers \(workers) --loop uvloop --http httptools"))
  }

  @Test func `everything that the service needs is pinned`() {
    let lines = String(decoding: PackageResources.requirements_txt, as: UTF8.self)
      .split(separator: "\n")
    #expect(lines.allSatisfy { $0.contains("==") })
    for name in [
      "fastapi", "uvicorn", "uvloop", "httptools", "redis", "hiredis", "asyncpg", "PyJWT",
    ] {
      #expect(lines.contains { $0.hasPrefix("\(name)==") }, "\(name)")
    }
  }

  @Test func `peers are named in a list, each once`() throws {
    #expect(try Peer.list("nginx,redis-benchmark") == [.nginx, .redisBenchmark])
    #expect(try Peer.list("none").isEmpty)
    for text in ["", "nginx,", "nginx,nginx", "apache", "none,nginx"] {
      #expect(throws: UsageError.self, "\(text)") { try Peer.list(text) }
    }
    for peer in Peer.allCases { #expect(peer.summary.contains(": "), "\(peer)") }
    #expect(Peer.fastapi.summary.contains("asyncpg 0."))
  }

  @Test func `the service's Python is found in a folder above`() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/peer-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let bin = "\(folder)/\(PeerProgram.pythonEnvironment)/bin"
    try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
    let deep = "\(folder)/.build/release"
    #expect(PeerProgram.python(above: deep) == nil)
    try Data("#!/bin/sh\n".utf8).write(to: URL(fileURLWithPath: "\(bin)/python"))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: "\(bin)/python")
    #expect(PeerProgram.python(above: deep) == "\(bin)/python")
  }
}
