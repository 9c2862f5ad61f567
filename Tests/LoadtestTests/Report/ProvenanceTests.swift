import Foundation
import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct ProvenanceTests {
  /// Runs git as somebody, whatever the machine's configuration says.
  private func git(_ folder: String, _ words: String...) throws -> String {
    let settings = ["user.name=a", "user.email=a@b", "commit.gpgsign=false"].flatMap { ["-c", $0] }
    return try #require(
      ProgramOutput.read(["git", "-C", folder] + settings + words), "git \(words)")
  }

  @Test(.enabled(if: PeerProgram.find("git") != nil, "git is not installed"))
  func `a commit is that of the clone around a folder, and changed sources are told`() throws {
    let root = TestFolder.make("clone")
    defer { TestFolder.remove(root) }
    let files = FileManager.default
    for folder in ["Sources", "loadtest/results", ".build/release"] {
      try files.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
    }
    func write(_ text: String, _ path: String) throws {
      try OutputFile.write(text.utf8, to: "\(root)/\(path)")
    }
    #expect(WorkingCopy.commit(of: root) == nil)
    for path in ["Sources/a.swift", "loadtest/results/a.md", "README.md"] { try write("a", path) }
    _ = try git(root, "init", "--quiet")
    #expect(WorkingCopy.commit(of: root) == nil)
    _ = try git(root, "add", ".")
    _ = try git(root, "commit", "--quiet", "--message", "a")
    let commit = try git(root, "rev-parse", "HEAD").trimmingCharacters(in: .newlines)
    #expect(commit.count == 40)
    #expect(WorkingCopy.commit(of: "\(root)/.build/release") == commit)
    try write("b", "loadtest/results/a.md")
    try write("b", "README.md")
    #expect(WorkingCopy.commit(of: "\(root)/.build/release") == commit)
    try write("b", "Sources/a.swift")
    #expect(WorkingCopy.commit(of: "\(root)/.build/release") == "\(commit)-dirty")
    try write("a", "Sources/a.swift")
    #expect(WorkingCopy.commit(of: root) == commit)
  }

  @Test func `what a program says is read, unless it fails or is missing`() {
    #expect(ProgramOutput.read(["/bin/sh", "-c", "echo said; echo more >&2"]) == "said\n")
    #expect(ProgramOutput.read(["/bin/sh", "-c", "echo said; exit 1"]) == nil)
    #expect(ProgramOutput.read(["/does/not/exist"]) == nil)
    #expect(
      ProgramOutput.read(["/bin/sh", "-c", "echo ${HOME-none}"], hiding: ["HOME"]) == "none\n")
  }

  @Test func `processors and memory are read as the kernel tells them`() {
    let processors = """
      processor\t: 0
      vendor_id\t: AuthenticAMD
      model name\t: AMD EPYC 7B13: 64-Core
      processor\t: 1
      model name\t: another
      """
    #expect(Machine.model(in: processors) == "AMD EPYC 7B13: 64-Core")
    #expect(Machine.model(in: "CPU implementer : 0x41") == nil)
    let memory = "MemTotal:        4026532 kB\nMemFree:  12 kB\n"
    #expect(Machine.memoryBytes(in: memory) == 4_026_532 * 1024)
    #expect(Machine.memoryBytes(in: "MemFree: 12 kB\n") == nil)
    let here = Machine.this()
    #expect(here.processors > 0 && !here.system.isEmpty && !here.kernel.isEmpty)
    #expect((here.memoryBytes ?? 0) > 0)
  }

  @Test func `servers tell their versions`() {
    #expect(
      Provenance.redisVersion(in: "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.2.1\n")
        == "7.0.15")
    #expect(Provenance.redisVersion(in: "something else") == nil)
    let debian = "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"
    #expect(Provenance.postgresVersion(in: debian) == "15.14")
    #expect(Provenance.postgresVersion(in: "16.1\n") == "16.1")
    #expect(Provenance.postgresVersion(in: "something else") == nil)
    let installed = Provenance.installedServers()
    #expect(installed.map(\.name) == ["Redis", "PostgreSQL"])
    #expect(installed.allSatisfy { $0.version.first?.isNumber == true }, "\(installed)")
  }

  @Test func `servers that run are asked, and those that do not are left out`() async throws {
    let redis = try await SharedServers.redis().url
    let postgres = try await SharedServers.database()
    let asked = await Provenance.askedServers(redis: redis, postgres: postgres)
    #expect(asked == Provenance.installedServers())
    #expect(await Provenance.askedServers(redis: nil, postgres: nil).isEmpty)
  }

  @Test func `every head tells commit, build, machine, servers and date`() {
    let lines = Provenance.example.lines()
    for part in Provenance.parts { #expect(lines.contains { $0.contains(part) }, "\(part)") }
    #expect(Provenance.example.lines(machine: "x").contains { $0.hasPrefix("x: 3 processors") })
    let here = Provenance.here(servers: [])
    #expect(here.build.hasPrefix("Swift 6."))
    #expect(!here.commit.isEmpty)
    #expect(!here.lines().contains { $0.hasPrefix("servers") })
  }

  @Test func `JSON has it with names for programs`() throws {
    let data = try JSONText.encode(["report": Provenance.example])
    let text = String(decoding: data, as: UTF8.self)
    for part in [
      #""commit":"0123456789abcdef""#, #""memory_bytes":5368709120"#, #""processors":3"#,
      #""date":"2026-01-01T00:00:00Z""#, #"{"name":"Redis","version":"7.0.1"}"#,
    ] {
      #expect(text.contains(part), "\(part) in \(text)")
    }
  }
}
