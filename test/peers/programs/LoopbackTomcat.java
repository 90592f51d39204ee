import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.rmi.server.RMISocketFactory;

/** Tomcat, whose programs serve RMI on this machine alone: OpenAM's directory would have it on every address, at a port that nobody chose. */
public class LoopbackTomcat {
  public static void main(String[] args) throws Exception {
    RMISocketFactory.setSocketFactory(
        new RMISocketFactory() {
          @Override
          public ServerSocket createServerSocket(int port) throws IOException {
            return new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
          }

          @Override
          public Socket createSocket(String host, int port) throws IOException {
            return new Socket(host, port);
          }
        });
    Class.forName("org.apache.catalina.startup.Bootstrap").getMethod("main", String[].class).invoke(null, (Object) args);
  }
}
