using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

// What .NET makes of the server: each step of FOG Client (spec client-protocol 1 to 5) with the classes that it is made of, one step a process.
// Files in FOLDER are what lies in the folder of an installation; session.key stands for the key that the service has in memory.
//
//   mono fog-client.exe ROOT FOLDER MACS STEP
//
// Prints one JSON object; what .NET throws goes through to standard error, with code 1.

public class Snapin {
  public int JobTaskID = -1;
  public string Name = "", Action = "", RunWith = "", RunWithArgs = "", FileName = "", Args = "", Hash = "", Url = "", JobCreation = "-1";
  public bool Pack = false, Hide = false;
  public int TimeOut = -1;
}

public class HostnameChanger {
  public string Hostname = "", Key = "", ADDom = "", ADOU = "", ADUser = "", ADPass = "";
  public bool AD = false, Enforce = true;
}

public class PowerTask { public string CRON = "", Action = ""; }

public class PowerManagement {
  public string OnDemand = "";
  public List<PowerTask> Tasks = new List<PowerTask>();
}

public enum PrinterType { iPrint, Network, Local, CUPS }

public class Printer {
  public string Port, File, Model, Name, IP, ConfigFile;
  public PrinterType Type;
}

public class PrinterManager {
  public string Mode = "0";
  public List<Printer> Printers = new List<Printer>();
  public List<string> AllPrinters = new List<string>();
}

public class TaskReboot { public bool Job = false; }
public class AutoLogOut { public int Time = 0; }
public class DisplayManager { public int X = 0, Y = 0, R = 0; }

public static class FogClient {
  const string Info = "/management/index.php?sub=requestClientInfo";
  static string root, folder, macs;

  public static int Main(string[] args) {
    root = args[0];
    folder = args[1];
    macs = args[2];
    ServicePointManager.ServerCertificateValidationCallback = IsAccepted;
    ServicePointManager.SecurityProtocol |= SecurityProtocolType.Tls12;
    var steps = new Dictionary<string, Func<object>> {
      { "install", Install }, { "handshake", Handshake }, { "cycle", Cycle }, { "snapins", RunSnapins },
    };
    Console.WriteLine(JsonConvert.SerializeObject(steps[args[3]]()));
    return 0;
  }

  static string At(string name) { return Path.Combine(folder, name); }

  // The installer: what it is given is pinned.
  static object Install() {
    using (var client = new WebClient()) client.DownloadFile(root + "/management/other/ca.cert.der", At("ca.cert.der"));
    var authority = new X509Certificate2(At("ca.cert.der"));
    return new { subject = authority.Subject, thumbprint = authority.Thumbprint };
  }

  // The key of the leaf encrypts what only the server may read; the answer is opened with the session key.
  static object Handshake() {
    using (var client = new WebClient()) client.DownloadFile(root + "/management/other/ssl/srvpublic.crt", At("public.cer"));
    var leaf = new X509Certificate2(At("public.cer"));
    var rsa = (RSACryptoServiceProvider)leaf.PublicKey.Key;
    var isFromAuthority = IsFromAuthority(leaf);
    var aes = new AesCryptoServiceProvider();
    aes.GenerateKey();
    var token = File.Exists(At("token.dat")) ? File.ReadAllBytes(At("token.dat")) : Encoding.ASCII.GetBytes("NoToken");
    var text = Post(Info + "&authorize&newService",
      "sym_key=" + Hex(rsa.Encrypt(aes.Key, false)) + "&token=" + Hex(rsa.Encrypt(token, false)) + "&mac=" + macs);
    if (!text.StartsWith("#!en")) return new { isFromAuthority, error = Error(text) };
    var answer = JObject.Parse(Open(text, aes.Key));
    var given = Enumerable.Range(0, ((string)answer["token"]).Length / 2)
      .Select(at => Convert.ToByte(((string)answer["token"]).Substring(2 * at, 2), 16)).ToArray();
    File.WriteAllBytes(At("token.dat"), given);
    File.WriteAllBytes(At("session.key"), aes.Key);
    return new { isFromAuthority, error = Error(answer.ToString()), keyBits = rsa.KeySize, tokenBytes = given.Length };
  }

  // A whole cycle, up to what the modules are handed; "#!ihc" is told and left to the caller.
  static object Cycle() {
    var configuration = JObject.Parse(Get(Info + "&configure"));
    var text = Get(Info + "&mac=" + macs);
    if (text.StartsWith("#!ihc")) return new { handshakeFirst = text };
    var modules = JObject.Parse(Open(text, File.ReadAllBytes(At("session.key"))));
    return new {
      sleep = int.Parse((string)configuration["sleep"]),
      promptTime = int.Parse((string)configuration["promptTime"]),
      versions = new[] { Version(Get("/service/getversion.php?clientver")), Version(Get("/service/getversion.php")) },
      names = modules.Properties().Select(property => property.Name).ToArray(),
      errors = modules.Properties().ToDictionary(property => property.Name, property => Error(property.Value.ToString())),
      autologout = Of<AutoLogOut>(modules, "autologout"),
      displaymanager = Of<DisplayManager>(modules, "displaymanager"),
      hostnamechanger = Of<HostnameChanger>(modules, "hostnamechanger"),
      powermanagement = Of<PowerManagement>(modules, "powermanagement"),
      printermanager = Of<PrinterManager>(modules, "printermanager"),
      taskreboot = Of<TaskReboot>(modules, "taskreboot"),
      snapins = SnapinsOf(modules),
      usertracker = Of<object>(modules, "usertracker"),
    };
  }

  // Fetches each from where it was told, compares it as the client does, and reports it as run.
  static object RunSnapins() {
    var modules = JObject.Parse(Open(Get(Info + "&mac=" + macs), File.ReadAllBytes(At("session.key"))));
    var fetched = SnapinsOf(modules).Select(snapin => {
      var file = At(snapin.FileName);
      var asked = "/service/snapins.file.php?mac=" + macs + "&taskid=" + snapin.JobTaskID;
      using (var client = new WebClient()) client.DownloadFile(snapin.Url + asked, file);
      var hash = "";
      using (var stream = File.OpenRead(file))
      using (var sha = new SHA512CryptoServiceProvider())
        hash = Hex(sha.ComputeHash(stream)).ToUpper();
      var report = Get("/service/snapins.checkin.php?taskid=" + snapin.JobTaskID + "&exitcode=" + (hash == snapin.Hash ? "0" : "-1") + "&mac=" + macs);
      return new { name = snapin.Name, isWhole = hash == snapin.Hash, bytes = new FileInfo(file).Length, origin = new Uri(snapin.Url).GetLeftPart(UriPartial.Authority), report };
    }).ToArray();
    return new { fetched };
  }

  static T Of<T>(JObject modules, string name) {
    var told = modules[name];
    return told == null ? default(T) : told.ToObject<JObject>().ToObject<T>();
  }

  static List<Snapin> SnapinsOf(JObject modules) {
    var told = modules["snapinclient"].ToObject<JObject>();
    return told["snapins"] == null ? new List<Snapin>() : told["snapins"].ToObject<List<Snapin>>();
  }

  static string Error(string json) { return (string)JObject.Parse(json)["error"] ?? ""; }

  // As it is compared: each part a number, white space around the whole is no harm but more is.
  static string Version(string text) { return string.Join(".", text.Split('.').Select(part => int.Parse(part).ToString())); }

  static string Get(string path) {
    var flags = (path.Contains(".php?") ? "&" : "?") + "newService&json";
    using (var response = WebRequest.Create(root + path + flags).GetResponse())
    using (var reader = new StreamReader(response.GetResponseStream()))
      return reader.ReadToEnd();
  }

  static string Post(string path, string form) {
    var request = (HttpWebRequest)WebRequest.Create(root + path);
    request.Method = "POST";
    request.AllowAutoRedirect = false;
    request.ContentType = "application/x-www-form-urlencoded";
    var bytes = Encoding.UTF8.GetBytes(form);
    request.ContentLength = bytes.Length;
    using (var stream = request.GetRequestStream()) stream.Write(bytes, 0, bytes.Length);
    using (var response = (HttpWebResponse)request.GetResponse())
    using (var reader = new StreamReader(response.GetResponseStream())) {
      var text = reader.ReadToEnd();
      if (response.StatusCode != HttpStatusCode.Found) return text;
      // An HTTPS server was named: the same call there, below the own web root.
      root = new Uri(response.Headers["Location"]).GetLeftPart(UriPartial.Authority) + new Uri(root).AbsolutePath;
    }
    return Post(path, form);
  }

  // Both ciphers of .NET, which FOG Client's versions differ in, must read the same.
  static string Open(string text, byte[] key) {
    var parts = text.Substring(text.IndexOf('=') + 1).Split('|');
    var opened = new SymmetricAlgorithm[] { new RijndaelManaged(), new AesCryptoServiceProvider() }.Select(cipher => {
      cipher.Mode = CipherMode.CBC;
      cipher.Padding = PaddingMode.Zeros;
      cipher.BlockSize = 128;
      using (var memory = new MemoryStream(Bytes(parts[1])))
      using (var stream = new CryptoStream(memory, cipher.CreateDecryptor(key, Bytes(parts[0])), CryptoStreamMode.Read))
      using (var reader = new StreamReader(stream))
        return reader.ReadToEnd().Replace("\0", "").Trim();
    }).ToArray();
    if (opened[0] != opened[1]) throw new Exception("Rijndael and AES read different texts");
    return opened[0];
  }

  static byte[] Bytes(string hex) {
    return Enumerable.Range(0, hex.Length / 2).Select(at => Convert.ToByte(hex.Substring(2 * at, 2), 16)).ToArray();
  }

  static string Hex(byte[] bytes) { return string.Concat(bytes.Select(one => one.ToString("x2"))); }

  // The pinned authority is the only further certificate; that it is no root of this machine is allowed (spec 1.4).
  static bool IsFromAuthority(X509Certificate2 certificate) {
    var authority = new X509Certificate2(At("ca.cert.der"));
    var chain = new X509Chain();
    chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
    chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid | X509VerificationFlags.AllowUnknownCertificateAuthority;
    chain.ChainPolicy.ExtraStore.Add(authority);
    return chain.Build(certificate)
      && chain.ChainElements.Cast<X509ChainElement>().Any(element => element.Certificate.Thumbprint == authority.Thumbprint);
  }

  // The rules of spec 1.5, in their order.
  static bool IsAccepted(object sender, X509Certificate certificate, X509Chain chain, SslPolicyErrors errors) {
    if (errors == SslPolicyErrors.None) return true;
    var asked = ((WebRequest)sender).RequestUri;
    if (asked.AbsolutePath.EndsWith("ca.cert.der"))
      return certificate.ToString(true).Contains(asked.Host) && certificate.Issuer == "CN=FOG Server CA";
    return (errors & SslPolicyErrors.RemoteCertificateChainErrors) != 0 && IsFromAuthority(new X509Certificate2(certificate));
  }
}
