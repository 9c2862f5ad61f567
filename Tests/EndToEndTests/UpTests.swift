import Embedded
import Foundation
import TestSupport
import Testing

/// The life of `spillway up`.
@Suite struct UpTests {
  @Test(arguments: [SIGTERM, SIGINT])
  func `a signal stops it cleanly, and the same folder finds all data again`(
    _ signal: Int32
  ) async throws {
    let folder = try await DataFolder.make()
    let (token, first) = try await withInstance(in: folder) { instance in
      let token = try await instance.token("alice")
      let first = try await instance.site.claim(token: token)
      #expect(first.status == 201)
      #expect(try await instance.program.stop(signal) == .exited(0))
      #expect(instance.program.output.split(separator: "\n").count == 1)
      return (token, first)
    }
    #expect(processes(using: folder).isEmpty)
    #expect(DirectoryLock.owner(of: folder) == nil)
    try await withInstance(in: folder) { instance in
      let again = try await instance.site.claim(token: token)
      #expect(again.status == 200)
      #expect(again.headers["idempotent-replayed"] == "true")
      #expect(again.data?["coupon_id"] as? String == first.data?["coupon_id"] as? String)
      #expect(try await instance.token("alice") != "")
      let audit = try await spillway("audit", "--data", folder)
      #expect(audit.status == .exited(0), "\(audit.output)\(audit.errors)")
    }
    #expect(processes(using: folder).isEmpty)
  }

  @Test func `being killed leaves no server behind, and loses nothing that was told`() async throws
  {
    let folder = try await DataFolder.make()
    let token = try await withInstance(in: folder) { instance in
      let token = try await instance.token("alice")
      #expect(try await instance.site.claim(token: token).status == 201)
      #expect(try await instance.program.stop(SIGKILL) == .signalled(SIGKILL))
      return token
    }
    // At once: a start waits until the old servers have let go.
    try await withInstance(in: folder) { instance in
      let again = try await instance.site.claim(token: token)
      #expect(again.status == 200)
      #expect(try await instance.program.stop(SIGKILL) == .signalled(SIGKILL))
    }
    try await eventually(within: .seconds(20), "the end of all servers") {
      processes(using: folder).isEmpty
    }
  }

  @Test func `a signal during the first start ends it soon and cleanly`() async throws {
    let folder = "\(TestFolder.make("early"))/data"
    try await withSpillway(["up", "--data", folder, "--port", "0"]) { program in
      try await eventually { DirectoryLock.owner(of: "\(folder)/postgres") != nil }
      #expect(try await program.stop() == .exited(0))
      #expect(program.output == "")
      #expect(program.logLines.last?["message"] as? String == "stopped")
    }
    #expect(processes(using: folder).isEmpty)
  }

  @Test func `a second one on the same folder is refused in one line`() async throws {
    let instance = try await SharedInstance.get()
    let result = try await spillway("up", "--data", instance.folder, "--port", "0")
    #expect(result.status == .exited(1))
    #expect(
      result.errors == "spillway: up: \(instance.folder) is in use by process "
        + "\(instance.program.processIdentifier)\n")
    #expect(try await instance.site.request("GET", "/readyz").status == 200)
  }

  @Test(arguments: ["--port", "--ops-port"])
  func `a taken port is refused in one line, before anything is made`(
    _ option: String
  ) async throws {
    let port = try await SharedInstance.get().site.port
    let folder = "\(TestFolder.make("taken"))/data"
    let other = option == "--port" ? [] : ["--port", "0"]
    let result = try await spillway(["up", "--data", folder, option, "\(port)"] + other)
    #expect(result.status == .exited(1))
    #expect(
      result.errors == "spillway: up: cannot listen on 127.0.0.1:\(port): "
        + "address already in use (EADDRINUSE)\n")
    #expect(!FileManager.default.fileExists(atPath: folder))
  }

  @Test func `a folder that cannot be made is told in one line`() async throws {
    let result = try await spillway("up", "--data", "/proc/spillway", "--port", "0")
    #expect(result.status == .exited(1))
    #expect(
      result.errors.hasSuffix(
        "spillway: up: cannot make folder /proc/spillway: No such file or directory\n"))
  }

  @Test func `a missing server program is named with its package`() async throws {
    let folder = "\(TestFolder.make("missing"))/data"
    let result = try await spillway(
      "up", "--data", folder, "--port", "0",
      environment: ["SPILLWAY_REDIS_SERVER": "/nowhere/redis-server"])
    #expect(result.status == .exited(1))
    #expect(result.errors.contains("spillway: up: redis-server was not found"))
    #expect(processes(using: folder).isEmpty)
  }

  @Test func `variables do what options do`() async throws {
    let folder = try await DataFolder.make()
    let environment = ["SPILLWAY_DATA": folder, "SPILLWAY_PORT": "0", "SPILLWAY_DEMO": "1"]
    try await withSpillway(["up"], environment: environment) { program in
      let site = try await program.ready()
      let token = try await spillway(
        "token", environment: ["SPILLWAY_DATA": folder, "SPILLWAY_USER": "alice"])
      #expect(try await site.claim(token: String(token.output.dropLast())).status == 201)
      let audit = try await spillway("audit", environment: ["SPILLWAY_DATA": folder])
      #expect(audit.status == .exited(0), "\(audit.output)\(audit.errors)")
    }
  }
}
