import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.text.SimpleDateFormat;
import java.util.*;
import org.javarosa.core.model.*;
import org.javarosa.core.model.data.*;
import org.javarosa.core.model.data.helper.Selection;
import org.javarosa.core.model.instance.InstanceInitializationFactory;
import org.javarosa.core.reference.*;
import org.javarosa.core.services.transport.payload.ByteArrayPayload;
import org.javarosa.form.api.*;
import org.javarosa.model.xform.*;
import org.javarosa.xform.util.XFormUtils;

/**
 * Fills in an XForm with JavaRosa, the engine inside ODK Collect, and writes what it would send.
 *
 * <p>Arguments: the XForm, the folder of its files, a file of answers (NAME, tab, VALUE on a line), and
 * where to write. Prints NAME, tab, and the choices that are offered, for each question of a list.
 */
public class FillIn {
  static Map<String, String> answers = new LinkedHashMap<>();

  public static void main(String[] args) throws Exception {
    org.javarosa.core.services.PrototypeManager.registerPrototypes(CoreModelModule.classNames);
    new XFormsModule().registerModule();
    ReferenceManager.instance().addReferenceFactory(new Files(args[1]));
    for (String line : java.nio.file.Files.readAllLines(Path.of(args[2]))) {
      String[] parts = line.split("\t", 2);
      answers.put(parts[0], parts[1]);
    }
    FormDef form;
    try (InputStream in = new FileInputStream(args[0])) {
      form = XFormUtils.getFormFromInputStream(in);
    }
    form.initialize(true, new InstanceInitializationFactory());
    FormEntryModel model = new FormEntryModel(form);
    FormEntryController controller = new FormEntryController(model);
    int event;
    while ((event = controller.stepToNextEvent()) != FormEntryController.EVENT_END_OF_FORM) {
      if (event == FormEntryController.EVENT_QUESTION) {
        ask(controller, model.getQuestionPrompt());
      }
    }
    controller.finalizeFormEntry();
    if (!answers.isEmpty()) {
      throw new IllegalStateException("never asked: " + answers.keySet());
    }
    ByteArrayPayload payload =
        (ByteArrayPayload) new XFormSerializingVisitor().createSerializedPayload(form.getInstance());
    try (InputStream in = payload.getPayloadStream()) {
      java.nio.file.Files.write(Path.of(args[3]), in.readAllBytes());
    }
  }

  static void ask(FormEntryController controller, FormEntryPrompt prompt) throws Exception {
    String name = prompt.getIndex().getReference().getNameLast();
    List<SelectChoice> choices = prompt.getSelectChoices();
    if (choices != null) {
      StringJoiner offered = new StringJoiner(" ");
      choices.forEach(choice -> offered.add(choice.getValue()));
      System.out.println(name + "\t" + offered);
    }
    String value = answers.remove(name);
    if (value == null) {
      return;
    }
    int outcome = controller.answerQuestion(data(prompt, choices, value), true);
    if (outcome != FormEntryController.ANSWER_OK) {
      throw new IllegalStateException(name + " was not taken: " + value + " (" + outcome + ")");
    }
  }

  static IAnswerData data(FormEntryPrompt prompt, List<SelectChoice> choices, String value)
      throws Exception {
    if (prompt.getControlType() == Constants.CONTROL_SELECT_ONE) {
      return new SelectOneData(chosen(choices, value));
    }
    if (prompt.getControlType() == Constants.CONTROL_SELECT_MULTI) {
      List<Selection> all = new ArrayList<>();
      for (String one : value.split(" ")) {
        all.add(chosen(choices, one));
      }
      return new MultipleItemsData(all);
    }
    switch (prompt.getDataType()) {
      case Constants.DATATYPE_INTEGER:
        return new IntegerData(Integer.parseInt(value));
      case Constants.DATATYPE_DECIMAL:
        return new DecimalData(Double.parseDouble(value));
      case Constants.DATATYPE_DATE_TIME:
        return new DateTimeData(new SimpleDateFormat("yyyy-MM-dd'T'HH:mm:ssX").parse(value));
      case Constants.DATATYPE_GEOPOINT:
        return new GeoPointData(
            Arrays.stream(value.split(" ")).mapToDouble(Double::parseDouble).toArray());
      default:
        return new StringData(value);
    }
  }

  static Selection chosen(List<SelectChoice> choices, String value) {
    for (SelectChoice choice : choices) {
      if (choice.getValue().equals(value)) {
        return choice.selection();
      }
    }
    throw new IllegalStateException("not offered: " + value);
  }

  /** Files of the form, under jr://file-csv/. */
  static class Files extends PrefixedRootFactory {
    final String folder;

    Files(String folder) {
      super(new String[] {"file-csv/"});
      this.folder = folder;
    }

    @Override
    protected Reference factory(String terminal, String uri) {
      return new OneFile(new File(folder, terminal), uri);
    }
  }

  record OneFile(File file, String uri) implements Reference {
    public boolean doesBinaryExist() { return file.exists(); }
    public InputStream getStream() throws IOException { return new FileInputStream(file); }
    public String getURI() { return uri; }
    public String getLocalURI() { return file.getAbsolutePath(); }
    public boolean isReadOnly() { return true; }
    public OutputStream getOutputStream() { throw new UnsupportedOperationException(); }
    public void remove() { throw new UnsupportedOperationException(); }
    public Reference[] probeAlternativeReferences() { return new Reference[0]; }
  }
}
